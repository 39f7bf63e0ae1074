import * as fs from 'node:fs';
import * as path from 'node:path';
import { missingPostgresql } from '../../../local/engines/database';
import { describeUnless } from '../../support/describe-unless';
import { cht, readVerdict, temporaryFolder } from './cht';

jest.setTimeout(300_000);

describeUnless(missingPostgresql(), 'cht run --profile kubernetes', () => {
  it('ends a load with a verdict on every payment, and with what PostgreSQL took for one', async () => {
    const folder = temporaryFolder();
    const json = path.join(folder, 'verdict.json');
    const words = ['--rate', '100', '--seconds', '3', '--seed', '7', '--payments-per-request', '10', '--json', json];
    const { exitCode, leftovers, output } = await cht(['run', '--environment', 'local', '--profile', 'kubernetes', ...words]);
    expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
    expect(output.replaceAll(/\s+/g, ' ')).toContain('1 topics, 1 database clusters, 2 deployments');
    expect(exitCode).toBe(0);
    const verdict = readVerdict(json);
    fs.rmSync(folder, { recursive: true });
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, kills: 0, unanswered: 0, drained: true, payouts: { lost: 0 } });
    // A step tells by an error that a payout is rejected or refused; nobody else has one.
    expect(verdict.payouts!.sent > 0 || verdict.handlerErrors === 0).toBe(true);
    expect(verdict.applied).toBeGreaterThan(0);
    expect(verdict.acked).toBe(verdict.applied + verdict.duplicates + verdict.rejected + verdict.parked);
    expect(verdict.engine).toMatchObject({ database: expect.stringMatching(/^PostgreSQL 18/), topics: 'in-memory Kafka of this kit' });
    const { cpuMicrosecondsPerPayment, floorMicrosecondsPerPayment, ratio } = verdict.database!;
    // How much it is, a load as short as this one does not tell.
    expect(Math.min(cpuMicrosecondsPerPayment, floorMicrosecondsPerPayment)).toBeGreaterThan(0);
    // The three are rounded, the times to tenths, the ratio to hundredths.
    const rounding = 0.06 + 0.05 * ratio + 0.005 * floorMicrosecondsPerPayment;
    expect(Math.abs(ratio * floorMicrosecondsPerPayment - cpuMicrosecondsPerPayment)).toBeLessThan(rounding);
    expect(leftovers).toEqual([]);
  });
});
