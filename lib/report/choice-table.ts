import { type Candidate, type SeatChoice, whyNot } from '../sizing/choice';
import type { Workload } from '../workload';
import { bandText, flipTexts, latencyText, priceText, profileText, SEAT_NAMES, workloadText } from './choice-text';
import { alignColumns, wrap } from './text';

export interface ChoiceTableOptions {
  /**
   * Characters of a line, at least 60.
   *
   * @default 120
   */
  readonly width?: number;
}

const LEAST_WIDTH = 60;
/** Assumptions that are named; a page of them would bury the rest. */
const NAMED_ASSUMPTIONS = 4;

/** Choices for the terminal: for each seat the pick, what the others would cost or why they cannot, and what would change the pick. */
export function renderChoiceTable(workload: Workload, choices: readonly SeatChoice[], options: ChoiceTableOptions = {}): string {
  const width = Math.max(LEAST_WIDTH, options.width ?? 120);
  return [
    ...wrap(`Technology for ${workloadText(workload)}`, width),
    ...wrap('The pick is the cheapest at the average rate that has no hard reason against it, at list price. What it takes people to run it is not priced.', width),
    ...choices.flatMap((choice) => ['', ...seatLines(choice, width)]),
    '',
  ].join('\n');
}

function seatLines(choice: SeatChoice, width: number): string[] {
  const { pick } = choice;
  const rows = alignColumns(choice.candidates.filter((it) => it !== pick).map((it) => [`    ${it.name}`, priceText(it), latencyText(it)]), [1, 2]);
  const others = choice.candidates.filter((it) => it !== pick);
  const indent = ' '.repeat(6);
  return [
    `${SEAT_NAMES[choice.seat]}: ${pick?.name ?? 'none of the options fits'}`,
    ...(pick === undefined ? [] : pickLines(pick).flatMap((line) => wrap(`  ${line}`, width))),
    '  not taken:',
    ...others.flatMap((it, index) => [rows[index], ...wrap(`${indent}${whyNot(it, pick)}`, width)]),
    ...flipLines(choice).flatMap((line) => wrap(`  ${line}`, width)),
    ...wrap(`  the reference has: ${profileText(choice)}`, width),
  ];
}

function pickLines(pick: Candidate): string[] {
  return [
    pick.size!,
    `${priceText(pick)} a month (${bandText(pick.monthlyUsd!)})${pick.latency === undefined ? '' : `; ${latencyText(pick)} ${pick.latency.of}`}`,
    `the guide on ${pick.technology}: ${pick.figure}`,
    ...(pick.assumptions.length === 0 ? [] : [assumptionsText(pick.assumptions)]),
  ];
}

function assumptionsText(ids: readonly string[]): string {
  const more = ids.length - NAMED_ASSUMPTIONS;
  return `assumed, without a public source: ${ids.slice(0, NAMED_ASSUMPTIONS).join(', ')}${more > 0 ? ` and ${more} more (--json)` : ''}`;
}

function flipLines(choice: SeatChoice): string[] {
  return choice.flips.length === 0 ? [`nothing that was tried changes this: ${choice.tried.join('; ')}`]
    : ['what would change it:', ...flipTexts(choice).map((it) => `  ${it}`)];
}
