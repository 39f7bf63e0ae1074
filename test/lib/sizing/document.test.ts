import * as fs from 'node:fs';
import * as path from 'node:path';
import { sizesAt } from './plans';

const document = fs.readFileSync(path.join(__dirname, '../../../docs/sizing.md'), 'utf8');

/** Lines of all fenced blocks of a kind. */
function block(kind: string): string[] {
  return [...document.matchAll(new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``, 'g'))].flatMap(([, text]) => text.trimEnd().split('\n'));
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

  it('shows every decision of the plan, with the formula of the code', () => {
    const plan = sizesAt(100_000, { cells: 4 }).decisions.map((it) => `${it.path}/${it.name}: ${it.formula}`);
    expect(block('decisions').sort()).toEqual(plan.sort());
  });

  it('would notice a wrong number', () => {
    expect(evaluate('100,000 / 4 x 4 / 3')).toBeCloseTo(33_333.33, 2);
    expect(evaluate('2 x min(3, 4) + 2^3')).toBe(14);
    expect(tolerance('19')).toBeLessThan(1);
    expect(tolerance('0.3205')).toBeLessThan(0.001);
  });
});
