import { Facts, isAssumption } from '../facts';
import { Decision, formatNumber, formatShare } from '../sizing';
import { valueText } from './decision-text';
import { wrap } from './text';

export interface ExplainOptions {
  /**
   * Facts that the plan was made with.
   *
   * @default Facts.DEFAULT
   */
  readonly facts?: Facts;
  /**
   * Characters of a line.
   *
   * @default 100
   */
  readonly width?: number;
}

/** Everything that led to a decision, in words: value, calculation, what holds it, headroom, quota, rejected options, and the facts below it. */
export function explainDecision(decision: Decision, options: ExplainOptions = {}): string {
  const facts = options.facts ?? Facts.DEFAULT;
  const paragraphs = [
    `${decision.path}: ${decision.name} is ${valueText(decision)}${decision.origin === 'override' ? `, as stated; derived was ${String(decision.derived)}` : ''}.`,
    `Calculation: ${decision.formula}`,
    `Held there by: ${decision.binding}.`,
    ...bandSentence(decision),
    ...headroom(decision),
    ...quota(decision),
    ...decision.rejected.map((it) => `Not ${it.option}: ${it.because}.`),
    ...rests(decision, facts),
  ];
  return `${paragraphs.flatMap((it) => wrap(it, options.width ?? 100)).join('\n')}\n`;
}

/** The values at the two ends of the bands of the workload, the one with least to do first; nothing where they do not move the value. */
export function bandSentence({ band }: Decision): string[] {
  if (band === undefined) {
    return [];
  }
  const [low, high] = [band.low, band.high].map((it) => (typeof it === 'number' ? formatNumber(it) : it === true ? 'yes' : it === false ? 'no' : it));
  return [`Within the bands of the workload: ${low === high ? low : `${low} to ${high}`}.`];
}

function headroom({ headroom: share }: Decision): string[] {
  if (share === undefined) {
    return [];
  }
  return [share < 0 ? `At the stated peak ${formatShare(-share)} more than this is needed.` : `At the stated peak ${formatShare(share)} of it stays unused.`];
}

function quota({ quota: use }: Decision): string[] {
  if (use === undefined) {
    return [];
  }
  const kind = use.adjustable ? `adjustable quota${use.code === undefined ? '' : ` ${use.code}`}` : 'hard limit';
  const verdict = use.used <= use.value ? '' : use.adjustable ? '; ask for a raise before a deployment' : '; this cannot be deployed';
  return [`Uses ${formatNumber(use.used)} of ${formatNumber(use.value)} (${kind} ${use.id})${verdict}.`];
}

function rests(decision: Decision, facts: Facts): string[] {
  if (decision.facts.length === 0) {
    return [];
  }
  return ['Rests on:', ...decision.facts.map((id) => {
    const fact = facts.get(id);
    const value = typeof fact.value === 'number' ? formatNumber(fact.value) : String(fact.value);
    const trust = isAssumption(fact) ? `assumption, ${fact.confidence}` : `${fact.confidence}${fact.asOf === null ? '' : `, ${fact.asOf}`}`;
    const region = fact.fallback ? `; of ${fact.region}, none known for ${fact.requestedRegion}` : '';
    return `  ${id} = ${value} ${fact.unit} (${trust}${region})`;
  })];
}
