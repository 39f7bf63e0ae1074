import * as fs from 'node:fs';
import * as path from 'node:path';
import { RunError } from '../local/run/run-error';
import { type CommandInput, text } from './command';

/** Environment variables, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The option `--run [FOLDER]` of commands that work on a running system. */
export const RUN_OPTION = { run: { type: 'string' } } as const;

/** What the help of such a command says about it. */
export const RUN_HELP = `  --run [FOLDER]       works on the system that "cht run" keeps up here; FOLDER (as .local/run-...) where
                       several are up. Without it: on the one that the environment variables describe
`;

/** Where `cht run` keeps the folders of its runs, under the working directory. */
const RUNS = '.local';
const SYSTEM_FILE = 'system.json';

/**
 * Gives `--run` a value, which it may go without: an empty one, unless the word behind it is a folder. A folder is a word
 * with a path separator in it, so that no name of a subcommand or merchant is taken for one; others are written `--run=FOLDER`.
 */
export function spellOutRun(words: readonly string[]): string[] {
  const spelled: string[] = [];
  for (let index = 0; index < words.length; index++) {
    if (words[index] === '--') {
      return [...spelled, ...words.slice(index)];
    }
    if (words[index] !== '--run') {
      spelled.push(words[index]);
      continue;
    }
    const next = words[index + 1];
    const isFolder = next !== undefined && !next.startsWith('-') && next.includes('/');
    spelled.push(`--run=${isFolder ? next : ''}`);
    index += isFolder ? 1 : 0;
  }
  return spelled;
}

/**
 * The variables that describe the system a command works on: those of the running local system with `--run`, else the process's own.
 *
 * @throws RunError when no run is up, several are and none is named, or the named one is not up.
 */
export function systemVariables(input: CommandInput, variables: Variables = process.env): Variables {
  const folder = text(input, RUN_NAME);
  if (folder === undefined) {
    return variables;
  }
  return { ...variables, ...readSystem(folder === '' ? onlyRun() : namedRun(folder)) };
}

const RUN_NAME = 'run';

function onlyRun(): string {
  const running = fs.existsSync(RUNS)
    ? fs.readdirSync(RUNS).map((name) => path.join(RUNS, name)).filter((folder) => isUp(folder)).sort()
    : [];
  if (running.length === 0) {
    throw new RunError(`No run is up in ${path.resolve(RUNS)}: start one with "npm start -- --keep" and leave it open, or leave out --run.`);
  }
  if (running.length > 1) {
    throw new RunError(`Several runs are up, so say which one: ${running.map((folder) => `--run ${folder}`).join(', ')}.`);
  }
  return running[0];
}

/** A folder as it is given, or its name under `.local`. */
function namedRun(folder: string): string {
  const found = [folder, path.join(RUNS, folder)].find((candidate) => fs.existsSync(candidate));
  if (found === undefined) {
    throw new RunError(`--run ${folder} is no folder of a run: there is neither ${folder} nor ${path.join(RUNS, folder)}.`);
  }
  if (!isUp(found)) {
    throw new RunError(`--run ${folder}: that run is not up. Its process has ended, or it has not started its system yet.`);
  }
  return found;
}

/** A run is up while its process lives and has written what its system is made of. */
function isUp(folder: string): boolean {
  const process = /^run-(\d+)-/.exec(path.basename(path.resolve(folder)));
  return process !== null && fs.existsSync(path.join(folder, SYSTEM_FILE)) && isAlive(Number(process[1]));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readSystem(folder: string): Variables {
  const file = path.join(folder, SYSTEM_FILE);
  let environment: unknown;
  try {
    ({ environment } = JSON.parse(fs.readFileSync(file, 'utf8')) as { environment?: unknown });
  } catch (error) {
    throw new RunError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (typeof environment !== 'object' || environment === null) {
    throw new RunError(`${file} holds no "environment".`);
  }
  return environment as Variables;
}
