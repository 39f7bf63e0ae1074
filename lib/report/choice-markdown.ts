import { type SeatChoice, whyNot } from '../sizing/choice';
import type { Workload } from '../workload';
import { bandText, flipTexts, latencyText, priceText, profileText, SEAT_NAMES, workloadText } from './choice-text';

/** Choices as Markdown: a section for each seat with a table of all options. */
export function renderChoiceMarkdown(workload: Workload, choices: readonly SeatChoice[]): string {
  return [
    `Workload: ${workloadText(workload)}.`,
    '',
    '| seat | pick | USD a month | size |',
    '|---|---|---:|---|',
    ...choices.map(({ seat, pick }) => row([SEAT_NAMES[seat], pick?.name ?? 'none', pick === undefined ? '' : priceText(pick), pick?.size ?? ''])),
    '',
    ...choices.flatMap(seatSection),
  ].join('\n');
}

function seatSection(choice: SeatChoice): string[] {
  const { pick } = choice;
  return [
    `## ${SEAT_NAMES[choice.seat]}`,
    '',
    pick === undefined ? 'None of the options fits.' : `**${pick.name}**: ${pick.size!}; ${priceText(pick)} a month (${bandText(pick.monthlyUsd!)}).`,
    '',
    '| option | the guide says | size | USD a month | latency | why not |',
    '|---|---|---|---:|---:|---|',
    ...choice.candidates.map((it) => row([
      it === pick ? `**${it.name}**` : it.name, it.figure, it.size ?? '-', priceText(it),
      it.latency === undefined ? '-' : `${latencyText(it)} ${it.latency.of}`, whyNot(it, pick) ?? 'the pick',
    ])),
    '',
    choice.flips.length === 0 ? `Nothing that was tried changes this pick: ${choice.tried.join('; ')}.` : 'What would change the pick:',
    '',
    ...flipTexts(choice).map((it) => `- ${it}`),
    ...(choice.flips.length === 0 ? [] : ['']),
    `The reference has: ${profileText(choice)}.`,
    '',
    ...(pick === undefined || pick.assumptions.length === 0 ? [] : [`The pick rests on facts without a public source: ${pick.assumptions.map((id) => `\`${id}\``).join(', ')}.`, '']),
  ];
}

/** A row of a table; a bar in a cell must not end it. */
function row(cells: readonly string[]): string {
  return `| ${cells.map((it) => it.replace(/\|/g, '\\|')).join(' | ')} |`;
}
