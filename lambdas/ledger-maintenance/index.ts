import { Environment } from '../runtime/configuration/environment';
import { MoveRefusedError } from '../runtime/ledger/postgresql-merchant-directory';
import { keepDaysFromEnvironment, portsFromEnvironment, usersFromEnvironment } from './configuration';
import { daily, hourly, type MaintenancePorts, merchants, migrate, move } from './tasks';

const DAY_MILLISECONDS = 86_400_000;

/** What was asked for is not there, or must not be: who asked reads why, and no stack. */
class TaskError extends Error {}

interface Task {
  /** What is told behind the name of the task. */
  readonly words: readonly string[];
  /** Reads the variables that the task needs, before it opens anything. */
  prepare(environment: Environment, words: readonly string[]): (ports: MaintenancePorts) => Promise<void>;
}

const TASKS: Readonly<Record<string, Task>> = {
  migrate: {
    words: [],
    prepare: (environment) => {
      const users = usersFromEnvironment(environment);
      return (ports) => migrate(ports, users);
    },
  },
  hourly: { words: [], prepare: () => hourly },
  daily: {
    words: [],
    prepare: (environment) => {
      const keepDays = keepDaysFromEnvironment(environment);
      return (ports) => daily(ports, keepDays);
    },
  },
  // Of the last day that is over.
  merchants: { words: [], prepare: () => (ports) => merchants(ports, Math.floor(ports.clock.now() / DAY_MILLISECONDS) - 1) },
  move: { words: ['MERCHANT', 'SHARD'], prepare: (_, [merchant, shard]) => (ports) => move(ports, merchant, shard) },
};

async function main([name, ...words]: readonly string[]): Promise<void> {
  const task = name !== undefined && Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) {
    throw new TaskError(`the task must be one of ${Object.keys(TASKS).join(', ')}, got: ${name ?? 'none'}`);
  }
  if (words.length !== task.words.length || words.includes('')) {
    throw new TaskError(`the task must be told as: ${[name, ...task.words].join(' ')}, got: ${[name, ...words].join(' ')}`);
  }
  const environment = new Environment();
  const work = task.prepare(environment, words);
  const ports = await portsFromEnvironment(environment);
  try {
    await work(ports);
  } finally {
    await ports.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isAnswer = error instanceof TaskError || error instanceof MoveRefusedError;
  process.stderr.write(`${error instanceof Error ? (isAnswer ? error.message : error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
