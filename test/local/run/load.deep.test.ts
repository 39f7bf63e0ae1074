import * as fs from 'node:fs';
import * as path from 'node:path';
import { cht, readVerdict, temporaryFolder } from './cht';

jest.setTimeout(300_000);

describe('cht run', () => {
  it('ends a load with a verdict on every payment', async () => {
    const folder = temporaryFolder();
    const json = path.join(folder, 'verdict.json');
    const { exitCode, leftovers, output } = await cht(['run', '--environment', 'local', '--rate', '100', '--seconds', '3', '--seed', '7', '--json', json]);
    const verdict = readVerdict(json);
    fs.rmSync(folder, { recursive: true });

    expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
    expect(exitCode).toBe(0);
    expect(Object.keys(verdict)).toEqual([
      'sent', 'acked', 'refused', 'unanswered', 'late', 'applied', 'duplicates', 'rejected', 'parked', 'lost', 'doubled', 'outOfBalance',
      'holds', 'releases', 'payouts', 'redelivered',
      'throttled', 'kills', 'killMoments', 'parkedUnreadable', 'unreadablePut', 'faults', 'drained', 'handlerErrors', 'paymentsPerSecond', 'acceptMs', 'settleMs', 'engine', 'seed', 'templateHash',
    ]);
    // Not the errors of handlers: a transfer of which the bank does not tell in time is one, and is tried again.
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, redelivered: 0, kills: 0, drained: true, seed: 7 });
    expect(verdict.applied).toBeGreaterThan(0);
    expect(verdict.sent).toBe(verdict.acked + verdict.refused + verdict.unanswered);
    expect(verdict.acked).toBe(verdict.applied + verdict.duplicates + verdict.rejected + verdict.parked + verdict.lost);
    expect(leftovers).toEqual([]);
  });

  it('ends with a verdict when it is interrupted, and leaves nothing behind', async () => {
    const { exitCode, leftovers, output } = await cht(['run', '--environment', 'local', '--rate', '50', '--seconds', '600'], { interruptAfter: /settled [1-9]/ });
    expect(output).toContain('Ending: the load stops');
    expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
    expect(exitCode).toBe(0);
    expect(leftovers).toEqual([]);
  });

  it('ends with a verdict when it is interrupted before the load', async () => {
    const { exitCode, leftovers, output } = await cht(['run', '--environment', 'local'], { interruptAfter: /Runs: / });
    expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
    expect(output).not.toContain('Load: ');
    expect(exitCode).toBe(0);
    expect(leftovers).toEqual([]);
  });
});
