import { Environment } from '../runtime/configuration/environment';
import { MoveRefusedError } from '../runtime/ledger/postgresql-merchant-directory';
import { keepDaysFromEnvironment, portsFromEnvironment, usersFromEnvironment } from './configuration';
import { daily, hourly, type MaintenancePorts, merchants, migrate, move } from './tasks';

/** What was asked for is not there, or must not be: who asked reads why, and no stack. */
class TaskError extends Error {}

interface Task {
  /** What is told behind the name of the task. @default - nothing */
  readonly words?: readonly string[];
  /** Reads the variables that the task needs, before it opens anything. */
  readonly prepare: (environment: Environment, words: readonly string[]) => (ports: MaintenancePorts) => Promise<void>;
}

const TASKS: Readonly<Record<string, Task>> = {
  migrate: {
    prepare: (environment) => {
      const users = usersFromEnvironment(environment);
      return (ports) => migrate(ports, users);
    },
  },
  hourly: { prepare: () => hourly },
  daily: {
    prepare: (environment) => {
      const keepDays = keepDaysFromEnvironment(environment);
      return (ports) => daily(ports, keepDays);
    },
  },
  merchants: { prepare: () => (ports) => merchants(ports) },
  move: { words: ['MERCHANT', 'SHARD'], prepare: (_, [merchant, shard]) => (ports) => move(ports, merchant, shard) },
};

async function main([name, ...words]: readonly string[]): Promise<void> {
  const task = name !== undefined && Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) {
    throw new TaskError(`the task must be one of ${Object.keys(TASKS).join(', ')}, got: ${name ?? 'none'}`);
  }
  const { prepare, words: wanted = [] } = task;
  if (words.length !== wanted.length || words.includes('')) {
    throw new TaskError(`the task must be told as: ${[name, ...wanted].join(' ')}, got: ${[name, ...words].join(' ')}`);
  }
  const environment = new Environment();
  const work = prepare(environment, words);
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
