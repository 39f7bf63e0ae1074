import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { bundleLambdas } from '../../lambdas/bundle';
import { rounded, spreadText, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, interleave, ratio, spread } from '../harness/rounds';
import { bundleSizes, LARGEST_BUNDLE_BYTES } from './bundle-sizes';
import { START_PAIRS, startSides } from './cold-start';
import { workerMemory } from './memory';
import { lambdaNodeOptions, WORKER_MEMORY_MIB } from './worker-process';

/**
 * Memory of the deployed payment-worker over many batches, CPU of its start over that of an empty bundle, and the size of every bundle. Run by
 * `npm run bench:worker -- [--batches N] [--rounds N] [--json FILE]`.
 */

const BATCH_SIZE = 1_000;
const FEWEST_BATCHES = 4;

/** What each figure must not exceed. */
const BOUNDS = {
  residentMegabytes: 150,
  /** Median memory of the second half of the batches over that of the first one. */
  secondHalfOverFirst: 1.05,
  startMilliseconds: 40,
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { batches: { type: 'string' }, rounds: { type: 'string' }, json: { type: 'string' } } });
  const batches = wholeNumber('batches', values.batches ?? '1000', FEWEST_BATCHES);
  const rounds = wholeNumber('rounds', values.rounds ?? String(FEWEST_ROUNDS), FEWEST_ROUNDS);
  await bundleLambdas();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-bench-worker-'));
  try {
    const starts = await interleave(startSides(folder), rounds, 1, (text) => process.stderr.write(`start, ${text}\n`));
    const memory = await workerMemory(batches, BATCH_SIZE, folder, (batch) => {
      if (batch % 100 === 0) {
        process.stderr.write(`batch ${batch} of ${batches}\n`);
      }
    });

    print(`Memory of payment-worker over ${batches} batches of ${BATCH_SIZE} payments, one in fifty a refund. Node.js ${process.versions.node} with`);
    print(`${lambdaNodeOptions(WORKER_MEMORY_MIB).join(' ')}, as AWS starts a function of ${WORKER_MEMORY_MIB} MiB; nobody calls the collector.`);
    figure('largest', memory.largest, 'MB', BOUNDS.residentMegabytes);
    figure('first half', memory.firstHalf, 'MB, median');
    figure('second half', memory.secondHalf, 'MB, median', BOUNDS.secondHalfOverFirst * memory.firstHalf);
    figure('growth', memory.growthPerThousand, 'MB in a thousand batches, by the best line through the second half');

    print(`CPU of a start in milliseconds, median (least to most) of ${rounds} interleaved rounds:`);
    const added = START_PAIRS.map(({ empty, worker, description }) => {
      const [without, together] = [empty, worker].map((name) => starts.get(name)!.map((it) => it / 1_000));
      const difference = spread(together.map((it, round) => it - without[round]));
      print(`  ${description}`);
      print(`    ${'empty bundle'.padEnd(16)} ${spreadText(spread(without))}`);
      print(`    ${'payment-worker'.padEnd(16)} ${spreadText(spread(together))}`);
      print(`    ${'added'.padEnd(16)} ${spreadText(difference)}; ${verdict(difference.median, BOUNDS.startMilliseconds)}`);
      return difference.median;
    });

    const sizes = bundleSizes(path.join(__dirname, '..', '..', 'assets'));
    print(`Bundles in bytes, each at most ${LARGEST_BUNDLE_BYTES}; what is not index.js is read when it is first used:`);
    sizes.forEach(({ deployable, file, bytes }) => {
      print(`  ${path.join(deployable, file).padEnd(42)} ${String(bytes).padStart(7)} ${verdict(bytes, LARGEST_BUNDLE_BYTES)}`);
    });
    writeReport(values.json, {
      name: 'worker',
      ratios: { emptyStart: rounded(ratio(starts, START_PAIRS[0].empty, START_PAIRS[0].worker).median) },
      figures: {
        batches,
        rounds,
        largestResidentMegabytes: rounded(memory.largest),
        firstHalfResidentMegabytes: rounded(memory.firstHalf),
        secondHalfResidentMegabytes: rounded(memory.secondHalf),
        growthMegabytesPerThousandBatches: rounded(memory.growthPerThousand),
        addedStartMilliseconds: rounded(added[0]),
        addedLambdaStartMilliseconds: rounded(added[1]),
        largestBundleBytes: Math.max(...sizes.map(({ bytes }) => bytes)),
      },
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function wholeNumber(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum) {
    throw new Error(`--${name} must be a whole number of at least ${minimum}, got: ${text}`);
  }
  return value;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function figure(name: string, value: number, unit: string, bound?: number): void {
  print(`  ${name.padEnd(12)} ${value.toFixed(1).padStart(6)} ${unit}${bound === undefined ? '' : `; ${verdict(value, bound)}`}`);
}

function verdict(value: number, bound: number): string {
  return value <= bound ? `at most ${Math.round(bound)}, as it should be` : `MORE THAN ${Math.round(bound)}`;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
