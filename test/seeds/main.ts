// First, because it watches what the others keep a reference to.
import './guard';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type PlantedDefect, plantedDefect, PLANTED_DEFECTS } from '../verify-checker/defects';
import type { Violation } from './invariants/violation';
import { type FailingSeed, runSeeds, shrinkSeed } from './seeds';
import { runSeedsInProcesses } from './seeds-in-processes';
import { describeScenario } from './shrink';
import { FEWEST_JUDGED_RUNS } from './strikes';

/**
 * Runs random fault schedules over the payment path in virtual time, and checks the invariants. Run by `npm run seeds`.
 */

const HELP = `npm run seeds -- [--count N] [--seed X] [--planted NAME]

  --count N       how many seeds to run (default 200)
  --seed X        the first of them (default 1); with --count 1 it replays that seed and prints the hash of its trace
  --planted NAME  plants a defect that has to be found: ${PLANTED_DEFECTS.map(({ name }) => name).join(', ')}
  --help          this text

Exit code 0: no violation, and in ${FEWEST_JUDGED_RUNS} seeds or more every fault struck; or with --planted the defect was found. See docs/seeds.md.
`;

/** Failing seeds that are shrunk and printed in full. */
const MOST_SHRUNK = 3;
const PROGRESS_MILLISECONDS = 10_000;
/** Fewer seeds than this are not worth the start of further processes. */
const FEWEST_SHARED = 20;

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly planted: PlantedDefect | undefined;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { count, seed: first, planted } = options;
  const start = Date.now();
  let reported = start;
  let over = 0;
  const onSeed = (seed: number, violations: readonly Violation[]): void => {
    over += 1;
    violations.forEach(({ invariant, text }) => line(`seed ${seed}: ${invariant} ${text}`));
    if (Date.now() - reported >= PROGRESS_MILLISECONDS) {
      reported = Date.now();
      line(`  ${over} of ${count} seeds, ${Math.round((reported - start) / 1_000)} s`);
    }
  };
  const report = planted === undefined && count >= FEWEST_SHARED
    ? await runSeedsInProcesses({ first, count, processes: availableParallelism(), onSeed: ({ seed, violations }) => onSeed(seed, violations) })
    : await runSeeds({
      first,
      count,
      defect: planted?.defect,
      untilFound: planted !== undefined,
      onSeed: (seed, result) => {
        if (count === 1) {
          line(`trace ${result.traceHash}  ${result.traceLines} lines, ${result.events} events`);
        }
        onSeed(seed, result.violations);
      },
    });
  for (const failing of report.failing.slice(0, MOST_SHRUNK)) {
    await explain(failing, planted);
  }
  const violations = report.failing.reduce((sum, { result }) => sum + result.violations.length, 0);
  line(report.strikes.text);
  const missing = planted === undefined ? report.strikes.missing : [];
  missing.forEach((name) => line(`${name} was scheduled and never struck`));
  const grouped = (value: number): string => value.toLocaleString('en-US');
  line(`${grouped(report.seeds)} ${report.seeds === 1 ? 'seed' : 'seeds'}, ${grouped(violations)} ${violations === 1 ? 'violation' : 'violations'}`
    + `  (${grouped(report.events)} events, ${grouped(report.acknowledgements)} payments acknowledged, ${((Date.now() - start) / 1_000).toFixed(1)} s)`);
  return planted === undefined ? Number(violations > 0 || missing.length > 0) : judge(planted, report.failing[0]);
}

/** The exit code of a run with something planted. */
function judge({ name, violates }: PlantedDefect, failing: FailingSeed | undefined): number {
  if (failing?.result.violations.some(({ invariant }) => invariant === violates) === true) {
    line(`${name} was found by seed ${failing.seed}: ${violates}`);
    return 0;
  }
  line(failing === undefined ? `${name} was not found` : `${name} was found by seed ${failing.seed}, and not as a violation of ${violates}`);
  return 1;
}

async function explain(failing: FailingSeed, planted: PlantedDefect | undefined): Promise<void> {
  const { scenario, result, runs } = await shrinkSeed(failing, planted?.defect);
  line('');
  line(`seed ${failing.seed}, the smallest case that still fails (after ${runs} runs):`);
  describeScenario(scenario).forEach((text) => line(`  ${text}`));
  result.violations.forEach(({ invariant, text }) => line(`  ${invariant} ${text}`));
  line('  the end of its trace (seconds, what, details):');
  result.traceTail.forEach((text) => line(`    ${text}`));
  line(`  replay: npm run seeds -- --seed ${failing.seed} --count 1${planted === undefined ? '' : ` --planted ${planted.name}`}`);
  line('');
}

/** @returns undefined when help was asked for. @throws Error naming the option, its bounds and the value */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: { count: { type: 'string' }, seed: { type: 'string' }, planted: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    return undefined;
  }
  return {
    count: integer('count', values.count ?? '200', 1, 1_000_000),
    seed: integer('seed', values.seed ?? '1', 0, 2 ** 31),
    planted: values.planted === undefined ? undefined : plantedDefect(values.planted),
  };
}

function integer(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new Error(`--${name} must be a whole number between ${minimum} and ${maximum}, got: ${text}`);
  }
  return value;
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${(error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ? (error as Error).message : (error as Error).stack ?? error}\n`);
    process.exitCode = 2;
  },
);
