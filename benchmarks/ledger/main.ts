import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { Dynoxide } from '../../test/support/dynoxide';
import { MeasuredProcess } from '../harness/measured-process';
import { rounded, spreadText, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, interleave, ratio, type Side, spread } from '../harness/rounds';
import type { LedgerSideArgument } from './payments';

/**
 * Client CPU of a payment's way from a stream event into the ledger: AWS Lambda Powertools, a plain batch with the AWS SDK, and this kit, each in
 * a process of its own against the same engine. Run by `npm run bench:ledger -- [--rounds N] [--json FILE]`.
 */

const EVENT_SIZE = 500;
const WARM_UP_ROUNDS = 3;

const SIDES = [
  { name: 'powertools', file: 'powertools-side.ts', payments: 500, description: 'Powertools batch + parser + idempotency, JSON records, nothing stored but the idempotency record' },
  { name: 'plainBatch', file: 'plain-batch-side.ts', payments: 4_000, description: 'AWS SDK, 25 conditional inserts a call, JSON records' },
  { name: 'kit', file: 'kit-side.ts', payments: 4_000, description: 'payment-worker of the reference, aggregated records' },
] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, json: { type: 'string' } } });
  const rounds = Number(values.rounds ?? FEWEST_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new Error(`--rounds must be a whole number of at least ${FEWEST_ROUNDS}, got: ${values.rounds}`);
  }
  const engine = await Dynoxide.start();
  const processes: MeasuredProcess[] = [];
  try {
    const sides: Side[] = [];
    for (const { name, file, payments, description } of SIDES) {
      const table = `ledger-${name}`;
      await engine.createTables(table);
      const argument: LedgerSideArgument = { endpoint: engine.endpoint, table, eventSize: EVENT_SIZE };
      const side = await MeasuredProcess.start(path.join(__dirname, file), argument);
      processes.push(side);
      sides.push({ name, description, itemsPerRound: payments, round: (items) => side.round(items) });
    }
    const measurements = await interleave(sides, rounds, WARM_UP_ROUNDS, (text) => process.stderr.write(`${text}\n`));

    process.stdout.write(`Client CPU in microseconds a payment, events of ${EVENT_SIZE} payments, median (least to most) of ${rounds} interleaved rounds:\n`);
    for (const { name, description } of sides) {
      process.stdout.write(`  ${name.padEnd(12)} ${spreadText(spread(measurements.get(name)!)).padEnd(30)} ${description}\n`);
    }
    const ratios = Object.fromEntries(['powertools', 'plainBatch'].map((name) => [name, ratio(measurements, name, 'kit')]));
    process.stdout.write('CPU of the other side over ours:\n');
    Object.entries(ratios).forEach(([name, values_]) => process.stdout.write(`  ${name.padEnd(12)} ${spreadText(values_)}\n`));
    writeReport(values.json, {
      name: 'ledger',
      ratios: Object.fromEntries(Object.entries(ratios).map(([name, { median }]) => [name, rounded(median)])),
      figures: {
        eventSize: EVENT_SIZE,
        rounds,
        ...Object.fromEntries(sides.map(({ name }) => [`${name}MicrosecondsPerPayment`, rounded(spread(measurements.get(name)!).median)])),
      },
    });
  } finally {
    processes.forEach((side) => side.stop());
    await engine.stop();
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
