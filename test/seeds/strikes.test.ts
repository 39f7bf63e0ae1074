import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { runSeeds } from './seeds';
import { type FaultReport, FEWEST_JUDGED_RUNS, StrikeTotals } from './strikes';

const root = path.join(__dirname, '..', '..');
/** The fewest that are shared among processes. */
const SHARED_SEEDS = 20;
/** Followed by seeds that poll the stream while it fails. */
const FIRST_SEED = 30;

jest.setTimeout(120_000);

function totals(runs: number, report: FaultReport): StrikeTotals {
  const sums = new StrikeTotals();
  Array.from({ length: runs }, () => sums.add(report));
  return sums;
}

describe('strikes of faults', () => {
  test('a strike of a scheduled kind that is missing in many runs is named', () => {
    const report: FaultReport = { scheduled: ['stream-unavailable', 'kill-api'], strikes: { 'stream-unavailable (writes)': 2, 'kill-api': 1 } };
    expect(totals(FEWEST_JUDGED_RUNS, report).missing).toEqual(['stream-unavailable (reads)']);
    expect(totals(FEWEST_JUDGED_RUNS - 1, report).missing).toEqual([]);
  });

  test('nothing is missing of kinds that were not scheduled', () => {
    const sums = totals(FEWEST_JUDGED_RUNS, { scheduled: ['unreadable'], strikes: { unreadable: 1 } });
    expect(sums.missing).toEqual([]);
    expect(sums.text).toBe(`strikes: unreadable ${FEWEST_JUDGED_RUNS}`);
    expect(totals(1, { scheduled: [], strikes: {} }).text).toBe('strikes: none, as no fault was scheduled');
  });

  test('seeds that several processes ran add up to the same counts, and readers of the stream are struck too', async () => {
    const { strikes } = await runSeeds({ first: FIRST_SEED, count: SHARED_SEEDS });
    expect(strikes.text).toMatch(/stream-unavailable \(reads\) [1-9]/);
    expect(strikes.text).toMatch(/expire-iterators \(stream\) [1-9]/);
    const output = execFileSync(process.execPath, ['--import', 'tsx', 'test/seeds/main.ts', '--seed', String(FIRST_SEED), '--count', String(SHARED_SEEDS)], {
      cwd: root, encoding: 'utf8',
    });
    expect(output.split('\n')).toContain(strikes.text);
  });
});
