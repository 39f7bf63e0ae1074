import { fork } from 'node:child_process';
import * as path from 'node:path';
import type { SeedSummary } from './seed-process';
import { StrikeTotals } from './strikes';
import { type FailingSeed, runSeed, type SeedsReport } from './seeds';

export interface SeedsInProcessesProps {
  readonly first: number;
  readonly count: number;
  /** Processes that share the seeds. A seed depends on nothing but its number, so that it is the same in each of them. */
  readonly processes: number;
  /** Told of each seed when it is over, in the order in which they end. */
  readonly onSeed: (summary: SeedSummary) => void;
}

/**
 * Runs seeds in several processes. What fails is run once more in this one, where it can be looked at.
 *
 * @throws Error when a process ends early
 */
export async function runSeedsInProcesses({ first, count, processes, onSeed }: SeedsInProcessesProps): Promise<SeedsReport> {
  const failing: number[] = [];
  const strikes = new StrikeTotals();
  let [seeds, events, acknowledgements] = [0, 0, 0];
  const note = (summary: SeedSummary): void => {
    seeds += 1;
    events += summary.events;
    strikes.add(summary);
    acknowledgements += summary.acknowledgements;
    if (summary.violations.length > 0) {
      failing.push(summary.seed);
    }
    onSeed(summary);
  };
  await Promise.all(Array.from({ length: processes }, (_, index) => runProcess([first + index, first + count, processes], note)));
  const again: FailingSeed[] = [];
  for (const seed of failing.sort((left, right) => left - right)) {
    again.push({ seed, result: await runSeed(seed) });
  }
  return { seeds, failing: again, events, acknowledgements, strikes };
}

function runProcess(numbers: readonly number[], onSeed: (summary: SeedSummary) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(__dirname, 'seed-process.ts'), numbers.map(String), { execArgv: process.execArgv });
    child.on('message', (summary: SeedSummary) => onSeed(summary));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process of the seeds ended with exit code ${code}`))));
  });
}
