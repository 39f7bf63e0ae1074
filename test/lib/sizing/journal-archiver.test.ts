import { sizeJournalArchiver } from '../../../lib/sizing';
import { Rate, Workload } from '../../../lib/workload';

function sizeAt(perSecond: number, databases: number) {
  return sizeJournalArchiver(new Workload({ peak: Rate.perSecond(perSecond) }), databases);
}

describe('sizeJournalArchiver', () => {
  it('keeps two invocations free for each database, and gives each a processor', () => {
    const { memory, reservedConcurrency, timeout } = sizeAt(20_000, 4);
    expect([memory.toMebibytes(), reservedConcurrency, timeout.toSeconds()]).toEqual([1769, 8, 300]);
  });

  it('counts full objects, and one more for each reading', () => {
    expect(sizeAt(40_000, 4).objectsPerSecond).toBe(Math.ceil(40_000 / 20_000 + 4 / 60));
    expect(sizeAt(100, 1).objectsPerSecond).toBe(1);
  });

  it('refuses databases that are written faster than one function reads', () => {
    expect(() => sizeAt(100_000, 2)).toThrow('`databases` must be enough that one function reads each as fast as it is written, got: 50,000 entries/s');
    expect(sizeAt(100_000, 4).decisions.map(({ name }) => name)).toEqual(['memory', 'timeout', 'reservedConcurrency', 'objectsPerSecond']);
  });
});
