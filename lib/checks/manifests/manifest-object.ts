export type { ManifestObject } from '../../topology';

/** A value deep in an object, such as `spec.template.spec.containers.0.image`; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (
    typeof value === 'object' && value !== null ? (value as { readonly [name: string]: unknown })[key] : undefined
  ), object);
}

/** A list deep in an object; empty where there is none. */
export function listAt(object: unknown, path: string): readonly unknown[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value : [];
}

/** A number deep in an object, also where it is written as a text. */
export function numberAt(object: unknown, path: string): number | undefined {
  const value = valueAt(object, path);
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A text deep in an object. */
export function textAt(object: unknown, path: string): string | undefined {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : undefined;
}

/** Whether a text holds a value that only a deployment knows: `${stack.name}`. */
export function isUnknown(text: string | undefined): boolean {
  return text !== undefined && /\$\{[^}]+\}/.test(text);
}

/** Labels deep in an object. */
export function labelsAt(object: unknown, path: string): { readonly [name: string]: string } | undefined {
  const value = valueAt(object, path);
  return typeof value === 'object' && value !== null ? value as { readonly [name: string]: string } : undefined;
}

/** Whether labels are among others: what a selector asks for. */
export function selects(selector: { readonly [name: string]: string } | undefined, labels: { readonly [name: string]: string } | undefined): boolean {
  return selector !== undefined && Object.entries(selector).every(([name, value]) => labels?.[name] === value);
}
