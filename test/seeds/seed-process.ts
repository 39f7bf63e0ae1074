// First, because it watches what the others keep a reference to.
import './guard';
import { runSeed } from './seeds';
import type { SimulationResult } from './simulation';

/** What a process tells of each of its seeds. */
export type SeedSummary = Pick<SimulationResult, 'violations' | 'events' | 'acknowledgements' | 'scheduled' | 'strikes'> & { readonly seed: number };

/** Runs every `stride`-th seed of a range, from the first on. Started with the three numbers by `runSeedsInProcesses`. */
async function main(first: number, end: number, stride: number): Promise<void> {
  for (let seed = first; seed < end; seed += stride) {
    const { violations, events, acknowledgements, scheduled, strikes } = await runSeed(seed);
    process.send!({ seed, violations, events, acknowledgements, scheduled, strikes } satisfies SeedSummary);
  }
}

if (process.send) {
  const [first, end, stride] = process.argv.slice(2).map(Number);
  const leave = (): never => process.exit(1);
  process.on('disconnect', leave);
  main(first, end, stride).then(
    () => {
      process.off('disconnect', leave);
      process.disconnect();
    },
    (error: Error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`);
      process.exit(1);
    },
  );
}
