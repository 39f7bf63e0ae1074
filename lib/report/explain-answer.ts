import { Facts } from '../facts';
import { Decision, SizingPlan } from '../sizing';
import { valueText } from './decision-text';
import { bandSentence, explainDecision } from './explain-decision';
import { renderPlanMarkdown } from './plan-markdown';
import { wrap } from './text';

export interface AnswerOptions {
  /** Facts that the plan was made with. */
  readonly facts?: Facts;
  /**
   * Characters of a line.
   *
   * @default 100
   */
  readonly width?: number;
}

/** Different decisions that are explained in full; of more there is a line each. */
const EXPLAINED = 3;

/**
 * One answer in words to what decisions are and how they came about. Decisions that are the same in several places, as those of cells are, are
 * explained once; of many there is a summary.
 */
export function explainAnswer(decisions: readonly Decision[], options: AnswerOptions = {}): string {
  const width = options.width ?? 100;
  const groups = sameElsewhere(decisions);
  if (groups.length <= EXPLAINED) {
    return groups.map(([decision, ...others]) => [
      explainDecision(decision, { facts: options.facts, width }),
      ...(others.length === 0 ? [] : wrap(`The same in: ${others.map((it) => it.path).join(', ')}.`, width).map((it) => `${it}\n`)),
    ].join('')).join('\n');
  }
  return [...summary(groups).flatMap((line) => wrap(line, width)), ''].join('\n');
}

/** The same as Markdown, for a pull request or a page. */
export function explainMarkdown(decisions: readonly Decision[], options: AnswerOptions = {}): string {
  const groups = sameElsewhere(decisions);
  if (groups.length > EXPLAINED) {
    return renderPlanMarkdown(new SizingPlan(groups.map(([decision]) => decision)));
  }
  return groups.map(([decision, ...others]) => {
    const [first, ...lines] = explainDecision(decision, { facts: options.facts, width: Infinity }).trimEnd().split('\n');
    return [
      `### ${first}`, '',
      ...lines.map((line) => (line.startsWith('  ') ? `  - ${line.trim()}` : `- ${line}`)),
      ...(others.length === 0 ? [] : [`- The same in: ${others.map((it) => it.path).join(', ')}.`]),
      '',
    ].join('\n');
  }).join('\n');
}

/** One block for each path: what it has, and what holds it there. */
function summary(groups: readonly (readonly Decision[])[]): string[] {
  const lines: string[] = [];
  let path: string | undefined;
  for (const [decision, ...others] of groups) {
    if (decision.path !== path) {
      path = decision.path;
      lines.push(...(lines.length === 0 ? [] : ['']), `${path}${others.length === 0 ? '' : ` (and ${others.length} like it)`}:`);
    }
    lines.push(`  ${decision.name} is ${valueText(decision)}${decision.origin === 'override' ? ', as stated' : ''}: ${[`${decision.binding}.`, ...bandSentence(decision)].join(' ')}`);
  }
  return [...lines, '', '"cht explain PATH/NAME" tells the calculation of one of them, and why not another value.'];
}

/** Decisions of equal name, value, calculation, reason and band together, in the order of the first of them. */
function sameElsewhere(decisions: readonly Decision[]): Decision[][] {
  const groups = new Map<string, Decision[]>();
  for (const decision of decisions) {
    const key = JSON.stringify([decision.name, decision.value, decision.formula, decision.binding, decision.band]);
    groups.set(key, [...(groups.get(key) ?? []), decision]);
  }
  return [...groups.values()];
}
