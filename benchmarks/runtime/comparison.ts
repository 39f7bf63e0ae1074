import type { Bundles } from '../harness/bundle';
import { MeasuredProcess } from '../harness/measured-process';
import { spreadText } from '../harness/report';
import { interleave, type Measurements, ratio, type Spread, spread } from '../harness/rounds';

/** One side of a comparison, in a process of its own. */
export interface ComparedSide {
  readonly name: string;
  /** What it does, for the reader. */
  readonly description: string;
  /** Module under `sides/`. */
  readonly module: string;
  readonly argument: object;
  /** Payments of one round. */
  readonly items: number;
  /** Payments before the first round: enough calls on every side that the compiler has done its work. */
  readonly warmUpItems: number;
}

/** The same work done by several sides, by turns. */
export interface Comparison {
  readonly title: string;
  readonly sides: readonly ComparedSide[];
  /** Name of our side. */
  readonly ours: string;
  readonly digits?: number;
}

export interface Compared {
  readonly measurements: Measurements;
  /** CPU of each other side over ours. */
  readonly ratios: ReadonlyMap<string, Spread>;
}

/** Measures and prints. */
export async function compare(bundles: Bundles, { title, sides, ours, digits = 1 }: Comparison, rounds: number): Promise<Compared> {
  const log = (text: string): void => void process.stderr.write(`${title}: ${text}\n`);
  const processes: MeasuredProcess[] = [];
  let measurements: Measurements;
  try {
    for (const { module, argument } of sides) {
      // Without what runs modules from source: that makes every error's stack trace dearer.
      processes.push(await MeasuredProcess.start(bundles.file(module), argument, []));
    }
    for (const [index, { name, warmUpItems }] of sides.entries()) {
      log(`warming up ${name}`);
      await processes[index].round(warmUpItems);
    }
    const measured = sides.map(({ name, description, items }, index) => ({
      name, description, itemsPerRound: items, round: (some: number) => processes[index].round(some),
    }));
    measurements = await interleave(measured, rounds, 1, log);
  } finally {
    processes.forEach((side) => side.stop());
  }
  process.stdout.write(`${title}: CPU in microseconds a payment, median (least to most) of ${rounds} interleaved rounds\n`);
  for (const { name, description } of sides) {
    process.stdout.write(`  ${name.padEnd(15)} ${spreadText(spread(measurements.get(name)!), digits).padEnd(28)} ${description}\n`);
  }
  const ratios = new Map(sides.filter(({ name }) => name !== ours).map(({ name }) => [name, ratio(measurements, name, ours)]));
  process.stdout.write(`  CPU over that of ${ours}: ${[...ratios].map(([name, values]) => `${name} ${spreadText(values, 2)}`).join(', ')}\n`);
  return { measurements, ratios };
}
