import * as fs from 'node:fs';
import * as path from 'node:path';
import { missingPostgresql } from '../../../local/engines/database';
import type { Verdict } from '../../../local/run/verdict';
import { describeUnless } from '../../support/describe-unless';
import { cht, readVerdict, temporaryFolder } from './cht';

jest.setTimeout(900_000);

describeUnless(missingPostgresql(), 'cht run --profile kubernetes', () => {
  async function run(...words: string[]): Promise<{ verdict: Verdict; exitCode: number; output: string }> {
    const folder = temporaryFolder();
    const json = path.join(folder, 'verdict.json');
    try {
      const { exitCode, output } = await cht(['run', '--environment', 'local', '--profile', 'kubernetes', '--no-page', '--json', json, ...words]);
      expect(output).toContain('lost 0   doubled 0   out of balance 0');
      return { verdict: readVerdict(json), exitCode, output };
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }

  it('loses and doubles nothing when workers are killed and PostgreSQL is restarted at once', async () => {
    const { exitCode, verdict } = await run('--rate', '300', '--seconds', '30', '--seed', '5', '--kill-worker-every', '2', '--restart-database', '0.1');
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, unanswered: 0, drained: true, faults: { 'restart-database': 1 } });
    expect(verdict.killMoments.inside).toBeGreaterThan(0);
    expect(verdict.killMoments.afterEffects).toBeGreaterThan(0);
    expect(verdict.redelivered).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
  });

  it('nor under every other fault that it has a part for', async () => {
    const { exitCode, verdict } = await run(
      '--rate', '300', '--seconds', '30', '--seed', '6', '--kill-api-every', '8', '--lost-answers', '0.05', '--poison', '0.01', '--stream-unavailable', '2',
      '--kill-cache', '2', '--restart-database', '3',
    );
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, drained: true });
    expect(Object.values(verdict.faults).every((count) => count > 0)).toBe(true);
    expect(verdict.parked).toBeGreaterThan(0);
    expect(verdict.parkedUnreadable).toBe(verdict.unreadablePut);
    expect(exitCode).toBe(0);
  });

  it('answers a load of batches, and settles all of it', async () => {
    const { exitCode, verdict } = await run('--rate', '1000', '--seconds', '20', '--seed', '8', '--payments-per-request', '50');
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, drained: true });
    expect(verdict.applied).toBeGreaterThan(10_000);
    expect(verdict.database!.ratio).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
  });

  it('refuses a fault that it has no part for', async () => {
    const { exitCode, output } = await cht(['run', '--environment', 'local', '--profile', 'kubernetes', '--throttle-table', '0.3']);
    expect(exitCode).toBe(1);
    expect(output).toContain('--throttle-table strikes a ledger table, and this assembly has none: leave it out.');
  });

  it.each(['prod', 'dev'])('%s runs on this machine without loss, every cell on a topic of its own', async (environment) => {
    const { exitCode, verdict } = await run('--environment', environment, '--rate', '200', '--seconds', '10', '--seed', '9');
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, drained: true });
    expect(exitCode).toBe(0);
  });
});
