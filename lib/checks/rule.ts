import type { TopologyResource } from '../topology';
import type { CheckContext } from './check-context';

/** `error` stops a synthesis; `warning` is shown. */
export type Severity = 'error' | 'warning';

/** One place in a template that a rule does not accept. */
export interface Finding {
  readonly resource: TopologyResource;
  /** Path of the property in the template, e.g. `Properties.BatchSize`; none where something is missing altogether. */
  readonly property?: string;
  /** What was found there, with its values: one sentence. */
  readonly message: string;
}

/** What a rule says of itself. */
export interface RuleText {
  /** `HT-<room>-<number>`, e.g. `HT-STREAM-003`; never given to another rule. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong, in one sentence without values. */
  readonly what: string;
  /** What happens then. */
  readonly why: string;
  /** What to change. */
  readonly fix: string;
  /** Address of the page that says so. */
  readonly source: string;
}

/** One thing that goes wrong in systems of high throughput, and how it shows in a template. */
export interface Rule extends RuleText {
  /** Looks for it. Yields nothing where the template is fine, or does not tell. */
  check(context: CheckContext): Iterable<Finding>;
}
