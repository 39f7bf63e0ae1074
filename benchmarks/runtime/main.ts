import { parseArgs } from 'node:util';
import { Dynoxide } from '../../test/support/dynoxide';
import type { Bundles } from '../harness/bundle';
import { type BenchmarkReport, rounded, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, ratio, spread } from '../harness/rounds';
import { bundleSides } from './bundled-sides';
import { codecComparison, type Direction, DIRECTIONS } from './codec-comparison';
import { compare, type Compared } from './comparison';
import { engineComparison, EVENT_SIZE, transportComparison } from './ledger-comparison';
import { profileWorker } from './worker-profile';

/**
 * CPU of a payment's way through the runtime: AWS Lambda Powertools, plain code with the AWS SDK, and this kit, each in a process of its own. Run by
 * `npm run bench:runtime -- [--rounds N] [--only engine|transport|codec] [--json FILE] [--profile FILE]`.
 */

const COMPARISONS = ['engine', 'transport', 'codec'] as const;
type ComparisonName = typeof COMPARISONS[number];

interface Figures {
  readonly ratios: Record<string, number>;
  readonly figures: Record<string, number>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, only: { type: 'string' }, json: { type: 'string' }, profile: { type: 'string' } },
  });
  const rounds = Number(values.rounds ?? FEWEST_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new Error(`--rounds must be a whole number of at least ${FEWEST_ROUNDS}, got: ${values.rounds}`);
  }
  const names = COMPARISONS.filter((name) => values.only === undefined || values.only === name);
  if (names.length === 0) {
    throw new Error(`--only must be one of ${COMPARISONS.join(', ')}, got: ${values.only}`);
  }
  const bundles = await bundleSides();
  const results: Figures = { ratios: {}, figures: {} };
  try {
    for (const name of names) {
      await RUN[name](bundles, rounds, results, values.profile);
    }
  } finally {
    bundles.remove();
  }
  writeReport(values.json, { name: 'runtime', ratios: results.ratios, figures: { eventSize: EVENT_SIZE, rounds, ...results.figures } } satisfies BenchmarkReport);
}

type Run = (bundles: Bundles, rounds: number, results: Figures, profile: string | undefined) => Promise<void>;

const RUN: Readonly<Record<ComparisonName, Run>> = {
  engine: async (bundles, rounds, results, profile) => {
    const engine = await Dynoxide.start();
    try {
      const compared = await compare(bundles, await engineComparison(engine.endpoint, (table) => engine.createTables(table)), rounds);
      addFigures(results, 'Engine', compared);
      results.ratios.powertools = median(compared, 'powertools');
      results.ratios.plainBatch = median(compared, 'plainBatch');
      const overFloor = rounded(ratio(compared.measurements, 'kit', 'floor').median);
      results.figures.kitOverFloor = overFloor;
      process.stdout.write(`  The kit takes ${overFloor} times the CPU of the floor.\n`);
      if (profile !== undefined) {
        await engine.createTables('ledger-profile');
        await profileWorker(bundles, engine.endpoint, profile);
      }
    } finally {
      await engine.stop();
    }
  },
  transport: async (bundles, rounds, results) => {
    const compared = await compare(bundles, transportComparison(), rounds);
    addFigures(results, 'Transport', compared);
    results.ratios.powertoolsTransport = median(compared, 'powertools');
    results.ratios.plainBatchTransport = median(compared, 'plainBatch');
  },
  codec: async (bundles, rounds, results) => {
    for (const [format, peer, ratioName] of [['protobuf', 'protobufjs', 'codecProtobufjs'], ['aggregate', 'awsKinesisAgg', 'codecAggregate']] as const) {
      const medians: number[] = [];
      for (const direction of DIRECTIONS) {
        const compared = await compare(bundles, codecComparison(format, direction), rounds);
        addFigures(results, `${capitalized(format)}${capitalized(direction)}`, compared);
        medians.push(median(compared, peer));
        results.ratios[`${ratioName}${capitalized(direction)}`] = median(compared, peer);
      }
      // What holds both ways.
      results.ratios[ratioName] = Math.min(...medians);
    }
  },
};

function median({ ratios }: Compared, other: string): number {
  return rounded(ratios.get(other)!.median);
}

/** `kitMicrosecondsPerPaymentEngine` and the like. */
function addFigures({ figures }: Figures, comparison: string, { measurements }: Compared): void {
  for (const [name, values] of measurements) {
    figures[`${name}MicrosecondsPerPayment${comparison}`] = rounded(spread(values).median);
  }
}

function capitalized(text: 'protobuf' | 'aggregate' | Direction): string {
  return text[0].toUpperCase() + text.slice(1);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
