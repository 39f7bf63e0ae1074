import { Dynoxide } from '../../../support/dynoxide';
import { identity, runStorm, seededRandom, type StoredRow, StormLoad, type StormReport } from './ledger-storm';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';
import { DynamoDbStorm, PostgresqlStorm } from './storm-subjects';

const TABLES = ['ledger-1', 'ledger-2', 'ledger-3'];
const SEED = 20_261_122;
/** Ends a storm that hangs; the large one takes two minutes on an idle machine. */
const LONGEST_MILLISECONDS = 900_000;

/**
 * One effect each and exact sums, on both real engines, whatever is killed, cut or lost.
 *
 * @param payments how many different ones
 * @param print whether the storm is a large one: each of its faults has to strike, and its figures are printed
 */
export function describeStorms(payments: number, print: boolean): void {
  const name = `${payments} payments, 5 % of them twice and 2 % refunded, from eight writers that are killed and answers that are lost`;

  function show(engine: string, report: StormReport, load: StormLoad): void {
    if (print) {
      process.stdout.write(`${engine}: ${payments} payments, ${load.expected.size - payments} refunds, ${report.records} records, `
        + `${report.deliveries} batches delivered; writers killed in mid-call ${report.killed}, answers lost ${report.lost}, connections cut ${report.cut}\n`);
    }
    // A storm that spoiled nothing shows nothing. In a small one not everything has to strike: what does is a matter of the machine.
    const strikes = [report.killed, report.lost, report.cut];
    expect(print ? Math.min(...strikes) : strikes.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  }

  describe(name, () => {
    let engine: Dynoxide;
    beforeAll(async () => {
      engine = await Dynoxide.start();
      await engine.createTables(...TABLES);
    });
    afterAll(() => engine.stop());

    it('take effect once each in DynamoDB (dynoxide)', async () => {
      const random = seededRandom(SEED);
      const load = new StormLoad(payments, random);
      const storm = new DynamoDbStorm(engine, TABLES);
      show('DynamoDB (dynoxide)', await runStorm(load, storm, random), load);
      expectRows(load, await storm.rows());
    }, LONGEST_MILLISECONDS);
  });

  describeWithPostgresql(name, () => {
    let database: PostgresqlDatabase;
    beforeAll(async () => { database = await PostgresqlDatabase.start(); });
    afterAll(() => database.stop());

    it('take effect once each in PostgreSQL, which is killed and started again in the middle', async () => {
      const random = seededRandom(SEED);
      const load = new StormLoad(payments, random);
      const storm = new PostgresqlStorm(database, true);
      show('PostgreSQL', await runStorm(load, storm, random), load);
      expectRows(load, await storm.rows());
      expect(await storm.balances()).toEqual(load.sums);
    }, LONGEST_MILLISECONDS);
  });
}

function expectRows(load: StormLoad, rows: readonly StoredRow[]): void {
  const sums = new Map<string, bigint>();
  let wrong = 0;
  for (const row of rows) {
    const expected = load.expected.get(identity(row));
    // Compared one by one, as a difference between maps of this size takes longer to show than to find.
    if (JSON.stringify(expected, text) !== JSON.stringify({ ...row }, text)) {
      wrong++;
    }
    const sign = row.rejected ? 0n : row.type === 'payment' ? 1n : -1n;
    sums.set(row.merchantId, (sums.get(row.merchantId) ?? 0n) + sign * row.amount);
  }
  expect({ wrong, rows: rows.length }).toEqual({ wrong: 0, rows: load.expected.size });
  expect(sums).toEqual(load.sums);
}

function text(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
