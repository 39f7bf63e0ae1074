import type { TemplateValue } from '../../topology';

/** Properties as templates hold them: a number may be written as text, and some values only the deployment knows. */

/** The value as a number; undefined where none is stated, NaN where only the deployment knows it, so that no comparison with it holds. */
export function numberOf(value: TemplateValue | undefined): number | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN;
}

/** The value as a flag; undefined where none is stated. What only the deployment knows counts as set. */
export function flagOf(value: TemplateValue | undefined): boolean | undefined {
  return value === undefined || value === null ? undefined : value !== false && value !== 'false';
}

/** The value as text, or undefined where it is none. */
export function textOf(value: TemplateValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as a list; empty where it is none. */
export function listOf(value: TemplateValue | undefined): readonly TemplateValue[] {
  return Array.isArray(value) ? (value as readonly TemplateValue[]) : [];
}

/** The value as an object; empty where it is none. */
export function objectOf(value: TemplateValue | undefined): { readonly [key: string]: TemplateValue | undefined } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [key: string]: TemplateValue }) : {};
}
