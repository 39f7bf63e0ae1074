import { Decision, QuotaUse } from './decision';
import { quotaUses } from './quota-plan';

/** Key of a template's metadata under which the decisions of its stack are found: `{ decisions: [...] }`. */
export const SIZING_METADATA_KEY = 'cdk-high-throughput';

/** The fields of a decision that are published as JSON. */
export type DecisionJson = Omit<Decision, 'demand' | 'limits'>;

/** All decisions of an app, in the order in which they were taken. */
export class SizingPlan {
  readonly decisions: readonly Decision[];

  /** @throws Error when two decisions have the same path and name */
  constructor(decisions: readonly Decision[]) {
    const seen = new Set<string>();
    for (const { path, name } of decisions) {
      const id = `${path}/${name}`;
      if (seen.has(id)) {
        throw new Error(`two decisions are called '${id}'`);
      }
      seen.add(id);
    }
    this.decisions = [...decisions];
  }

  /**
   * A plan as `toJSON` wrote it, e.g. into the metadata of a template.
   *
   * @throws Error for anything else
   */
  static fromJSON(json: unknown): SizingPlan {
    const decisions = (json as { decisions?: unknown } | null | undefined)?.decisions;
    if (!Array.isArray(decisions) || !decisions.every(isDecision)) {
      throw new Error('a sizing plan must be an object with a list `decisions`, each with path, name, value, unit, formula and binding');
    }
    return new SizingPlan(decisions);
  }

  /** The decisions of a path and of everything below it. */
  under(path: string): Decision[] {
    return this.decisions.filter((it) => it.path === path || it.path.startsWith(`${path}/`));
  }

  /**
   * The decisions that a text names: `path/name`, a path, the end of a path, or a name.
   * The most exact meaning that finds anything wins.
   */
  search(text: string): Decision[] {
    const meanings: ((it: Decision) => boolean)[] = [
      (it) => `${it.path}/${it.name}` === text,
      (it) => it.path === text || it.path.startsWith(`${text}/`),
      (it) => `/${it.path}/${it.name}`.endsWith(`/${text}`),
      (it) => it.path.split('/').includes(text),
    ];
    for (const meaning of meanings) {
      const found = this.decisions.filter(meaning);
      if (found.length > 0) {
        return found;
      }
    }
    return [];
  }

  /** Adjustable quotas that are used beyond their value: raises to request before a deployment. `quotaPlan` tells what to ask for. */
  raises(): QuotaUse[] {
    return quotaUses(this.decisions).filter((it) => it.adjustable && it.used > it.value);
  }

  toJSON(): { decisions: DecisionJson[] } {
    return {
      decisions: this.decisions.map(({ demand: _demand, limits: _limits, ...published }) => published),
    };
  }
}

function isDecision(value: unknown): value is Decision {
  const decision = value as Partial<Record<keyof Decision, unknown>> | null;
  return typeof decision === 'object' && decision !== null
    && ['path', 'name', 'unit', 'formula', 'binding', 'origin'].every((key) => typeof decision[key as keyof Decision] === 'string')
    && ['number', 'string', 'boolean'].includes(typeof decision.value)
    && Array.isArray(decision.rejected) && Array.isArray(decision.facts);
}
