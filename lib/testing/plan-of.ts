import { readPlanMetadata } from '../sizing/plan-metadata';
import type { TemplateJson } from './normalize-template';

/** Derived sizes by `path/name`, each with its unit, such as `256 shards`. */
export interface PlanJson {
  readonly [decision: string]: string;
}

/**
 * The sizes that a template carries, in few lines: what a team wants to see change in a review, without the reasons behind them. A size that somebody
 * set by hand says so.
 *
 * @throws Error for metadata that is not as this kit writes it.
 */
export function planOf(template: TemplateJson): PlanJson {
  const { decisions } = readPlanMetadata([(template.Metadata ?? {}) as { readonly [key: string]: unknown }]);
  const entries = decisions.map(({ path, name, value, unit, origin }) => {
    const size = unit === '' ? String(value) : `${String(value)} ${unit}`;
    return [`${path}/${name}`, origin === 'override' ? `${size} (set by hand)` : size] as const;
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
