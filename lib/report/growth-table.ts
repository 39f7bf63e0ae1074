import { formatNumber } from '../sizing';
import { GrowthForecast, OutgrownSize, SizesOverTime } from '../sizing/outgrown';
import { alignColumns, truncate, wrap } from './text';

export interface GrowthTableOptions {
  /**
   * Characters of a line, at least 60.
   *
   * @default 120
   */
  readonly width?: number;
}

const LEAST_WIDTH = 60;

/** A forecast as tables for the terminal: sizes over time, what is outgrown when, and quotas with the day to ask for more. */
export function renderGrowthTable(forecast: GrowthForecast, options: GrowthTableOptions = {}): string {
  const width = Math.max(LEAST_WIDTH, options.width ?? 120);
  const lines = [
    ...wrap(`Growth: ${forecast.growth}; looked at until ${forecast.until}.`, width),
    ...wrap(verdict(forecast), width),
    ...section('Sizes that the plan of a day would have', sizes(forecast)),
    ...section('Outgrown: more is planned for from "day" on, the peak needs all of it from "used up" on', outgrown(forecast)),
    ...section('Quotas that are exceeded while sizes follow the plan', quotas(forecast)),
  ];
  return [...lines.map((line) => truncate(line, width)), ''].join('\n');
}

function verdict({ bottleneck, stop, until }: GrowthForecast): string {
  if (bottleneck === undefined) {
    return `Nothing gives way until ${until}.`;
  }
  const first = `First to give way: ${bottleneck.what}, on ${bottleneck.day} at ${times(bottleneck.factor)} the stated rates.`;
  return stop === undefined || stop.day === bottleneck.day ? first : `${first} From ${stop.day} on there is no plan: ${stop.because}.`;
}

function section(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...rows];
}

function sizes({ days, sizes: all }: GrowthForecast): string[] {
  if (all.length === 0) {
    return [];
  }
  const cells = ({ name, now, values }: SizesOverTime): string[] =>
    [`  ${name}`, formatNumber(now), ...values.map((it) => (it === null ? '-' : formatNumber(it)))];
  const groups = alike(all, (it) => JSON.stringify(cells(it)));
  const header = ['', 'deployed', ...days.map(({ day }) => day)];
  const factors = ['  rates', '', ...days.map(({ factor }) => times(factor))];
  const right = header.map((_, column) => column).slice(1);
  const [head, second, ...aligned] = alignColumns([header, factors, ...groups.map(([first]) => cells(first))], right);
  const lines = [head, second];
  let path = '';
  groups.forEach((group, index) => {
    const name = pathText(group);
    lines.push(...(name === path ? [] : [name]), aligned[index]);
    path = name;
  });
  return lines;
}

function outgrown({ outgrown: all }: GrowthForecast): string[] {
  const row = (group: readonly OutgrownSize[]): string[] => {
    const [{ day, factor, usedUp, name, now, needed, unit }] = group;
    return [day, times(factor), usedUp?.day ?? '', `${formatNumber(now)} -> ${formatNumber(needed)} ${unit}`, `${pathText(group)}: ${name}`];
  };
  const groups = alike(all, ({ path: _path, ...rest }) => JSON.stringify(rest));
  return all.length === 0 ? [] : indented(alignColumns([['day', 'rates', 'used up', 'deployed -> planned', 'size'], ...groups.map(row)], [1]));
}

function quotas({ quotas: all }: GrowthForecast): string[] {
  const rows = all.map(({ askBy, day, factor, raise }) =>
    [askBy, day, times(factor), formatNumber(raise.now), formatNumber(raise.needed), `${raise.id}${raise.quotaCode === undefined ? '' : ` (${raise.quotaCode})`}`]);
  return all.length === 0 ? [] : indented(alignColumns([['ask by', 'exceeded', 'rates', 'now', 'ask for', 'quota'], ...rows], [2, 3, 4]));
}

/** Rows that differ in nothing but their path, together. */
function alike<T>(rows: readonly T[], key: (row: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  }
  return [...groups.values()];
}

function pathText(group: readonly { readonly path: string }[]): string {
  return group.length === 1 ? group[0].path : `${group[0].path} and ${group.length - 1} alike`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function times(factor: number): string {
  return `${formatNumber(factor)} x`;
}
