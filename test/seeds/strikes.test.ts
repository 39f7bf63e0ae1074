import { type FaultReport, FEWEST_JUDGED_RUNS, StrikeTotals } from './strikes';

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
});
