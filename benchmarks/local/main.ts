import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { synthesizeApp } from '../../cli/assembly';
import type { CheckerProgress } from '../../local/checker/checker';
import type { EngineStatistics } from '../../local/run/engine-statistics';
import { streamConsole } from '../../local/run/report-lines';
import { runAssembly } from '../../local/run/run';
import { rounded, spreadText, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, spread } from '../harness/rounds';
import { BareInsert, type InsertForm } from './bare-insert';
import { ProcessWatch, type Window } from './process-watch';

/**
 * What a payment costs each process of the local run, and how much more the table engine does for it than for the bare insert of the same
 * rows. Run by `npm run bench:local -- [--rate N] [--seconds N] [--json FILE]`.
 */

const DEFAULT_RATE = 1_000;
const DEFAULT_SECONDS = 75;
/** Seconds of the load before anything counts: processes start, code is compiled. */
const WARM_UP_SECONDS = 15;
const FLOOR_PAYMENTS = 5_000;
const SEED = 1;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rate: { type: 'string' }, seconds: { type: 'string' }, json: { type: 'string' } } });
  const rate = positive('rate', values.rate, DEFAULT_RATE);
  const seconds = positive('seconds', values.seconds, DEFAULT_SECONDS);
  // A window ends at the first look behind its time, and looks are a second apart: the windows get a second less each.
  const windowSeconds = (seconds - WARM_UP_SECONDS) / FEWEST_ROUNDS - 1;
  if (windowSeconds < 2) {
    throw new Error(`--seconds must be at least ${WARM_UP_SECONDS + 3 * FEWEST_ROUNDS}, got: ${seconds}`);
  }
  const watch = new ProcessWatch(process.pid, WARM_UP_SECONDS, windowSeconds);
  const lags: number[] = [];
  const onProgress = (phase: string, progress: CheckerProgress, engine: EngineStatistics): void => {
    if (phase === 'load') {
      watch.look(progress, engine);
      lags.push(engine.balanceLagSeconds);
    }
  };

  const assembly = await synthesizeApp({ environment: 'local' });
  const floor: Record<InsertForm, number[]> = { parameters: [], literals: [] };
  try {
    const { verdict } = await runAssembly({
      title: 'environment local', assembly: assembly.folder, rate, seconds, seed: SEED, keep: false, noAuthentication: false, table: 'dynoxide', faults: {}, page: false, coverage: false,
      onProgress,
    }, streamConsole(process.stderr), new Promise(() => undefined));
    if (verdict.lost + verdict.doubled + verdict.outOfBalance > 0 || watch.windows.length < FEWEST_ROUNDS) {
      throw new Error('the run was not clean, or too short to be measured');
    }
    const bare = await BareInsert.start(SEED, FLOOR_PAYMENTS);
    await bare.round('parameters');
    for (let round = 0; round < FEWEST_ROUNDS; round++) {
      floor.parameters.push(await bare.round('parameters'));
      floor.literals.push(await bare.round('literals'));
    }
    await bare.stop();
    const settled = verdict.applied + verdict.rejected;
    const figures = { rate, seconds, settled, acceptP99: verdict.acceptMs.p99, settleP99: verdict.settleMs.p99 };
    report(watch, floor, lags, figures, values.json);
  } finally {
    assembly.dispose();
  }
}

interface RunFigures {
  readonly rate: number;
  readonly seconds: number;
  readonly settled: number;
  readonly acceptP99: number;
  readonly settleP99: number;
}

function report(
  watch: ProcessWatch, floors: Readonly<Record<InsertForm, number[]>>, lags: readonly number[], run: RunFigures, json: string | undefined,
): void {
  const byProcess = new Map([...watch.names].map((name) => [name, spread(watch.windows.map((window) => microseconds(window, name)))]));
  const batch = spread(watch.windows.map(({ payments, invocations }) => payments / Math.max(1, invocations)));
  const engine = byProcess.get('table engine')!;
  const floor = spread(floors.parameters);
  const literals = spread(floors.literals);
  const ratio = engine.median / floor.median;
  const lag = [...lags].sort((left, right) => left - right)[Math.min(lags.length - 1, Math.floor(lags.length * 0.99))];
  const write = (text: string): void => void process.stdout.write(`${text}\n`);

  write(`CPU in microseconds a payment, ${run.rate} payments/s, median (least to most) of ${watch.windows.length} windows, processes of one kind together:`);
  for (const [name, values] of byProcess) {
    write(`  ${name.padEnd(48)} ${spreadText(values)}`);
  }
  write(`Payments per invocation (all functions): ${spreadText(batch)}`);
  write(`Table engine: ${spreadText(engine)} in the run, balances included; the bare insert of the same rows, 25 a call:`);
  write(`  ${spreadText(floor)} with parameters, as a client writes it: ${ratio.toFixed(2)} times`);
  write(`  ${spreadText(literals)} with literals, as the table front rewrites it: ${(engine.median / literals.median).toFixed(2)} times`);
  write(`Balance lag p99: ${lag.toFixed(1)} s; accept p99 ${run.acceptP99} ms, settle p99 ${run.settleP99} ms`);
  write('Memory after the warm-up, half-way and at the end, in MiB, and the growth of the second half in bytes a payment:');
  const growth = watch.memory();
  for (const { name, first, middle, last, bytesPerPayment } of growth) {
    const sizes = [first, middle, last].map((bytes) => mebibytes(bytes).padStart(7)).join(' ');
    write(`  ${name.padEnd(48)} ${sizes} ${bytesPerPayment.toFixed(0).padStart(8)}`);
  }
  writeReport(json, {
    name: 'local',
    // The other side is the bare insert: below 1, because the run does more for a payment than to insert it.
    ratios: { bareInsert: rounded(1 / ratio) },
    figures: {
      paymentsPerSecond: run.rate,
      seconds: run.seconds,
      payments: run.settled,
      tableEngineOverBareInsert: rounded(ratio),
      bareInsertMicrosecondsPerPayment: rounded(floor.median),
      tableEngineOverBareInsertWithLiterals: rounded(engine.median / literals.median),
      bareInsertWithLiteralsMicrosecondsPerPayment: rounded(literals.median),
      paymentsPerInvocation: rounded(batch.median),
      balanceLagP99Seconds: rounded(lag),
      acceptP99Milliseconds: run.acceptP99,
      settleP99Milliseconds: run.settleP99,
      ...Object.fromEntries([...byProcess].map(([name, { median }]) => [`microsecondsPerPayment: ${name}`, rounded(median)])),
      ...Object.fromEntries(growth.map(({ name, bytesPerPayment }) => [`bytesPerPayment: ${name}`, rounded(bytesPerPayment)])),
    },
  });
}

function microseconds(window: Window, name: string): number {
  return (window.cpuMicroseconds.get(name) ?? 0) / window.payments;
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

function positive(option: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${option} must be a whole number of at least 1, got: ${text}`);
  }
  return value;
}

process.chdir(path.join(__dirname, '..', '..'));
fs.mkdirSync('.local', { recursive: true });
main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
