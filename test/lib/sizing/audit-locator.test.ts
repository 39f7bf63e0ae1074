import { sizeAuditLocator, sizeLedger } from '../../../lib/sizing';
import { Facts } from '../../../lib/facts';
import { Rate, Workload } from '../../../lib/workload';

function sizeAt(perSecond: number) {
  const workload = new Workload({ peak: Rate.perSecond(perSecond) });
  return { ledger: sizeLedger(workload), sizing: sizeAuditLocator(workload, sizeLedger(workload)) };
}

describe('sizeAuditLocator', () => {
  it('has an invocation for so many changes as one gets through, 2 at least, as a queue mapping asks for', () => {
    const each = Facts.DEFAULT.number('target/locator.changesPerSecond');
    const { ledger, sizing } = sizeAt(20_000);
    expect(sizing.maximumConcurrency).toBe(Math.ceil(ledger.writeUnitsPerSecond / each));
    expect(sizeAt(10).sizing.maximumConcurrency).toBe(2);
  });

  it('gives each size its reason, and gathers manifests for larger batches', () => {
    const { sizing } = sizeAt(20_000);
    expect(sizing.decisions.map(({ name }) => name)).toEqual(['batchSize', 'batchingWindow', 'maximumConcurrency', 'memory', 'timeout']);
    const { batchSize, batchingWindow, timeout, memory } = sizing;
    expect([batchSize, batchingWindow.toSeconds(), timeout.toSeconds(), memory.toMebibytes()]).toEqual([10, 5, 120, 1024]);
  });
});
