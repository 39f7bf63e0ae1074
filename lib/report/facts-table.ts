import { ageInDays, type Fact, type FactConfidence, type FactRow, isAssumption, type Quota } from '../facts';
import { formatNumber } from '../sizing';
import { alignColumns, truncate, wrap } from './text';

export interface FactsTableOptions {
  /**
   * Characters of a line, at least 60.
   *
   * @default 120
   */
  readonly width?: number;
}

const LEAST_WIDTH = 60;
/** Characters of a value in a table; a longer text is cut. */
const VALUE_WIDTH = 16;
const HEADER = ['fact', 'value', 'unit', 'region', 'date', 'trust'];
/** The column of the value; numbers are read from their right end. */
const RIGHT = [1];
const CONFIDENCES: readonly FactConfidence[] = ['high', 'medium', 'low', 'reported', 'knowledge', 'chosen', 'stated'];
/** Words of the trust levels, for the page of one fact. */
const TRUST: { readonly [confidence in FactConfidence]: string } = {
  high: 'published by AWS, or two public sources agree',
  medium: 'one public source, or one measurement',
  low: 'old or unmeasured; an assumption',
  reported: 'read in a text without an address; an assumption',
  knowledge: 'without any source; an assumption',
  chosen: 'a choice of this kit',
  stated: 'stated by the user',
};
const MARKS = { assumption: '?', fallback: '~', stated: '*' };
const LEGEND: { readonly [mark: string]: string } = {
  '?': 'assumption: no source that could be read again',
  '~': 'value of another region, there is none for this one',
  '*': 'stated by the user',
};

/** Facts as a table for the terminal: one line each, two where the id is long. Assumptions, values of another region and stated ones are marked. */
export function renderFactsTable(facts: readonly Fact[], options: FactsTableOptions = {}): string {
  if (facts.length === 0) {
    return 'no such facts\n';
  }
  const width = widthOf(options);
  const figures = alignColumns([HEADER, ...facts.map(row)].map((cells) => cells.slice(1)), [RIGHT[0] - 1]);
  const ids = [HEADER[0], ...facts.map((fact) => fact.id)];
  const left = width - 2 - Math.max(...figures.map((line) => line.length));
  const room = Math.max(0, Math.min(left, Math.max(...ids.map((id) => id.length))));
  const lines = ids.flatMap((id, index) => id.length <= room
    ? [`${id.padEnd(room)}  ${figures[index]}`]
    : [id, `${' '.repeat(room)}  ${figures[index]}`]);
  const used = Object.values(MARKS).filter((mark) => facts.some((fact) => marksOf(fact).includes(mark)));
  return [
    lines[0],
    '-'.repeat(Math.max(...lines.map((line) => line.length))),
    ...lines.slice(1),
    '',
    `${facts.length} ${facts.length === 1 ? 'fact' : 'facts'}`,
    ...used.map((mark) => `${mark} ${LEGEND[mark]}`),
    '',
  ].join('\n');
}

/** How many facts there are of each service, how far they can be trusted, and how old the oldest is. */
export function renderFactsOverview(facts: readonly Fact[], options: FactsTableOptions = {}): string {
  const width = widthOf(options);
  const summaries = summarizeFacts(facts);
  const total = summarize('all', facts);
  const rows = [['service', 'facts', 'oldest', 'trust'], ...[...summaries, total].map((it) => [
    it.service, String(it.facts), it.oldest ?? '-', CONFIDENCES.filter((confidence) => it.byConfidence[confidence] !== undefined)
      .map((confidence) => `${it.byConfidence[confidence]} ${confidence}`).join(', '),
  ])];
  const aligned = alignColumns(rows, [1]);
  const lines = aligned.flatMap((line) => hang(line, aligned[0].lastIndexOf('trust'), width));
  return [
    lines[0],
    '-'.repeat(Math.max(...lines.map((line) => line.length))),
    ...lines.slice(1),
    '',
    ...wrap('"cht facts SERVICE" lists the facts of one, "cht facts SERVICE/KEY" tells all about one fact.', width),
    '',
  ].join('\n');
}

/** All that is known of one fact: value, trust, age, kind, note, source, and its values for other regions. */
export function renderFact(fact: Fact, rows: readonly FactRow[], quota: Quota | undefined, today: Date, options: FactsTableOptions = {}): string {
  const width = widthOf(options);
  const age = ageInDays(fact, today);
  const lines = [
    `${fact.id} = ${factValueText(fact)} ${fact.unit}`,
    `  trust: ${fact.confidence}, ${TRUST[fact.confidence]}`,
    `  date: ${fact.asOf ?? 'none'}${age === undefined ? '' : `, at most ${formatNumber(age)} days old`}`,
    `  region: ${regionText(fact)}`,
    ...(quota === undefined ? [] : [`  limit: ${quotaText(quota)}`]),
    ...(fact.note === undefined ? [] : [`  note: ${fact.note}`]),
    `  source: ${fact.source ?? 'none'}`,
    ...rows.filter((row) => row.region !== fact.region).map((row) => `  in ${row.region.replaceAll(',', ', ')}: ${factValueText(row)} ${row.unit}`),
  ];
  return `${lines.flatMap((line) => wrap(line, width)).join('\n')}\n`;
}

/** What the facts of a service amount to. */
export interface FactsSummary {
  readonly service: string;
  readonly facts: number;
  readonly byConfidence: { readonly [confidence in FactConfidence]?: number };
  /** The oldest date; undefined where no fact has one. */
  readonly oldest?: string;
}

/** One summary for each service, in alphabetical order. */
export function summarizeFacts(facts: readonly Fact[]): FactsSummary[] {
  const services = [...new Set(facts.map((fact) => fact.service))].sort();
  return services.map((service) => summarize(service, facts.filter((fact) => fact.service === service)));
}

/** A value as it stands in the data, whole numbers with thousands separators; never in powers of ten. */
export function factValueText({ value }: Pick<FactRow, 'value'>): string {
  if (typeof value !== 'number') {
    return String(value);
  }
  if (Number.isInteger(value)) {
    return formatNumber(value);
  }
  return String(value).includes('e') ? value.toFixed(12).replace(/0+$/, '') : String(value);
}

function summarize(service: string, facts: readonly Fact[]): FactsSummary {
  const byConfidence: { [confidence in FactConfidence]?: number } = {};
  for (const { confidence } of facts) {
    byConfidence[confidence] = (byConfidence[confidence] ?? 0) + 1;
  }
  const dates = facts.flatMap((fact) => fact.asOf ?? []).sort();
  return { service, facts: facts.length, byConfidence, ...(dates.length > 0 && { oldest: dates[0] }) };
}

function row(fact: Fact): string[] {
  const marks = marksOf(fact).join('');
  return [fact.id, truncate(factValueText(fact), VALUE_WIDTH), fact.unit, regionOf(fact), fact.asOf ?? '-', `${fact.confidence}${marks === '' ? '' : ` ${marks}`}`];
}

/** A list of regions does not fit a column: the region that it was read for stands for it. */
function regionOf(fact: Fact): string {
  return fact.region.includes(',') ? (fact.fallback ? fact.region.split(',')[0] : fact.requestedRegion) : fact.region;
}

function marksOf(fact: Fact): string[] {
  return [
    ...(isAssumption(fact) ? [MARKS.assumption] : []),
    ...(fact.fallback ? [MARKS.fallback] : []),
    ...(fact.confidence === 'stated' ? [MARKS.stated] : []),
  ];
}

function regionText(fact: Fact): string {
  const region = fact.region.replaceAll(',', ', ');
  return fact.fallback ? `${region}; there is no value for ${fact.requestedRegion}` : region;
}

function quotaText(quota: Quota): string {
  const scope = quota.shared ? ', shared by the account and region' : '';
  if (!quota.adjustable) {
    return `hard${scope}`;
  }
  const code = quota.quotaCode === undefined ? ', its code is not known' : `, ${quota.serviceCode ?? ''} ${quota.quotaCode}`;
  return `raised on request${code}${scope}`;
}

/** Breaks a line between words; what follows hangs below the column where its last cell begins. */
function hang(line: string, column: number, width: number): string[] {
  const cut = line.lastIndexOf(' ', width);
  return line.length <= width || cut <= column ? [line] : [line.slice(0, cut), ...hang(' '.repeat(column) + line.slice(cut + 1), column, width)];
}

function widthOf(options: FactsTableOptions): number {
  return Math.max(LEAST_WIDTH, options.width ?? 120);
}
