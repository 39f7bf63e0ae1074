import * as fs from 'node:fs';
import type { Spread } from './rounds';

/** What a benchmark writes with `--json FILE`. */
export interface BenchmarkReport {
  readonly name: string;
  /** CPU time of the other side per item over ours: above 1 means that ours is cheaper. Medians over the rounds. */
  readonly ratios: { readonly [side: string]: number };
  readonly figures: { readonly [name: string]: number | string };
}

/** `12.3 (11.9 to 12.8)`. */
export function spreadText({ median, minimum, maximum }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${minimum.toFixed(digits)} to ${maximum.toFixed(digits)})`;
}

/** At most three significant digits: more would claim what no shared machine can measure. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Writes the report where the command line asks for it. */
export function writeReport(file: string | undefined, report: BenchmarkReport): void {
  if (file !== undefined) {
    fs.writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}
