import { Environment } from '../runtime/configuration/environment';
import { keepDaysFromEnvironment, portsFromEnvironment, usersFromEnvironment } from './configuration';
import { daily, hourly, type MaintenancePorts, migrate } from './tasks';

/** What is done, by the name of the task: its variables are read first. */
const TASKS: Readonly<Record<string, (environment: Environment) => (ports: MaintenancePorts) => Promise<void>>> = {
  migrate: (environment) => {
    const users = usersFromEnvironment(environment);
    return (ports) => migrate(ports, users);
  },
  hourly: () => hourly,
  daily: (environment) => {
    const keepDays = keepDaysFromEnvironment(environment);
    return (ports) => daily(ports, keepDays);
  },
};

async function main(task: string | undefined): Promise<void> {
  const names = Object.keys(TASKS);
  if (task === undefined || !names.includes(task)) {
    throw new Error(`the task must be one of ${names.join(', ')}, got: ${task ?? 'none'}`);
  }
  const environment = new Environment();
  const work = TASKS[task](environment);
  const ports = await portsFromEnvironment(environment);
  try {
    await work(ports);
  } finally {
    await ports.close();
  }
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exitCode = 1;
});
