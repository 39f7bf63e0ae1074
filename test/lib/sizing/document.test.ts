import * as fs from 'node:fs';
import * as path from 'node:path';
import { formatNumber } from '../../../lib/sizing';
import { derivedOnPage, listedOnPage, raisesOnPage, targetsOfPage } from './page';

const document = fs.readFileSync(path.join(__dirname, '../../../docs/sizing.md'), 'utf8');

/** Lines of all fenced blocks of a kind. */
function block(kind: string): string[] {
  return [...document.matchAll(new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``, 'g'))].flatMap(([, text]) => text.trimEnd().split('\n'));
}

/** Cells of the rows of all tables whose first column has a heading, without the code marks. */
function table(heading: string): string[][] {
  const [, rows] = new RegExp(`\\n\\| ${heading} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`).exec(document) ?? [];
  return (rows ?? '').trimEnd().split('\n').map((row) => row.slice(1, -1).split('|').map((it) => it.trim().replace(/`/g, '')));
}

/** A value with its unit, all digits of it. */
function written(value: number | string | boolean, unit: string): string {
  return `${typeof value === 'number' ? formatNumber(value, 20) : value} ${unit}`.trim();
}

const NAMES: Readonly<Record<string, (...values: number[]) => number>> = {
  ceil: Math.ceil, floor: Math.floor, max: Math.max, min: Math.min, sqrt: Math.sqrt, exp: Math.exp, ln: Math.log,
};

/** Evaluates an expression as people write it: `x` multiplies, `^` is a power, commas within numbers separate thousands. */
function evaluate(expression: string): number {
  const source = expression.replace(/(\d),(?=\d{3}(?!\d))/g, '$1').replace(/ x /g, ' * ').replace(/\^/g, '**');
  return new Function(...Object.keys(NAMES), `return ${source};`)(...Object.values(NAMES)) as number;
}

/** Half a unit of the last digit that is printed, or one in a thousand where inputs were rounded before. */
function tolerance(printed: string): number {
  const decimals = printed.split('.')[1]?.length ?? 0;
  const value = Math.abs(Number(printed.replace(/,/g, '')));
  return Math.max(0.51 * 10 ** -decimals, /^ceil|^floor/.test(printed) ? 0 : 0.0006 * value);
}

describe('docs/sizing.md', () => {
  it.each(block('arithmetic'))('calculates right: %s', (line) => {
    const [, expression, printed] = /^(.*) = ([-\d.,]+)(?:\s+#.*)?$/.exec(line) ?? [];
    expect(printed).toBeDefined();
    expect(Math.abs(evaluate(expression) - Number(printed.replace(/,/g, '')))).toBeLessThanOrEqual(tolerance(printed));
  });

  it('shows every decision of the reference, its edge, capacity modes and keys, with the formula of the code', () => {
    const plan = derivedOnPage().map((it) => `${it.path}/${it.name}: ${it.formula}`);
    expect(block('decisions').sort()).toEqual(plan.sort());
  });

  it('names the quotas to raise', () => {
    const raises = raisesOnPage().map(({ id, now, used, needed }) => [id, ...[now, used, needed].map((it) => formatNumber(it))]);
    expect(raises).not.toEqual([]);
    expect(table('quota')).toEqual(raises);
  });

  it('lists every other model with the values of the code', () => {
    const listed = listedOnPage();
    const values = new Map(listed.map((it) => [`${it.path}/${it.name}`, written(it.value, it.unit)]));
    const rows = table('model');
    expect(rows.map(([, id, value]) => [id, value])).toEqual(rows.map(([, id]) => [id, values.get(id)]));
    expect(new Set(rows.map(([, id]) => id)).size).toBe(rows.length);
    expect(new Set(rows.map(([, id]) => id.split('/')[0]))).toEqual(new Set(listed.map((it) => it.path)));
  });

  it('has a place for every design target that names it as its source', () => {
    const behind = new Set([...derivedOnPage(), ...listedOnPage()].flatMap((it) => it.facts));
    const ofTier = (id: string): string => id.replace(/\.(important|supporting|analytics)$/, '.critical');
    const others = targetsOfPage().filter(({ id }) => !behind.has(id) && !behind.has(ofTier(id)));
    expect(table('target').map(([id, value]) => [id, value])).toEqual(others.map(({ id, value, unit }) => [id, `${value} ${unit}`]));
  });

  it('would notice a wrong number', () => {
    expect(evaluate('100,000 / 4 x 4 / 3')).toBeCloseTo(33_333.33, 2);
    expect(evaluate('2 x min(3, 4) + 2^3')).toBe(14);
    expect(tolerance('19')).toBeLessThan(1);
    expect(tolerance('0.3205')).toBeLessThan(0.001);
  });
});
