import * as os from 'node:os';
import { createInterface } from 'node:readline/promises';
import { type DirectoryChange, DirectoryRefusedError } from '../lambdas/runtime/sharding/directory-table';
import { MAXIMUM_BUCKETS } from '../lambdas/runtime/sharding/shard-directory';
import { type Command, type CommandInput, integer, text, UsageError } from './command';
import { changeJson, changeLines, type DirectoryState, stateJson, stateLines } from './directory-report';
import { type DirectorySystem, withDirectorySystem } from './directory-system';
import { RUN_HELP, RUN_OPTION, systemVariables } from './running-system';

/** `cht directory` */
export const directoryCommand: Command = {
  help: `cht directory show [MERCHANT]       over how many buckets merchants' rows are spread, and who grows
cht directory grow MERCHANT --buckets N
                                    gives a merchant more buckets while payments go on

  --buckets N   grow: how many, at most ${MAXIMUM_BUCKETS}; more than it has
  --yes         grow: do it; without it, what would be done is told, and a terminal is asked
  --by NAME     grow: who decides; kept with the version (default: your user name)
  --json        for programs
${RUN_HELP}
A growth comes into force two leases later: by then every worker knows of it or has stopped. Until rows
of before have expired, a payment whose bucket changes is first marked in its old bucket: two writes
instead of one. A merchant can grow again after that; it never gets fewer buckets. What is refused changes
nothing, and is kept in the directory with who asked for it.

The exit code of grow is 0 when the version was published, else 1.
`,
  options: {
    ...RUN_OPTION,
    buckets: { type: 'string' },
    yes: { type: 'boolean' },
    by: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(input) {
    const [subcommand, ...words] = input.positionals;
    const work = SUBCOMMANDS[subcommand ?? ''];
    if (work === undefined) {
      throw new UsageError(`Say what to do: ${Object.keys(SUBCOMMANDS).join(', ')}${subcommand === undefined ? '.' : `; got: ${subcommand}.`}`, 'directory');
    }
    const prepared = work(input, words);
    return withDirectorySystem(systemVariables(input), prepared);
  },
};

/** Reads the command line, so that nothing is asked of a system before it is known to be right. */
type Subcommand = (input: CommandInput, words: readonly string[]) => (system: DirectorySystem) => Promise<number>;

const SUBCOMMANDS: { readonly [name: string]: Subcommand | undefined } = { show, grow };

function show(input: CommandInput, words: readonly string[]) {
  if (words.length > 1) {
    throw new UsageError(`show takes one merchant at most, got: ${words.join(' ')}.`, 'directory');
  }
  return async (system: DirectorySystem): Promise<number> => {
    const state = await readState(system);
    print(input.values.json === true ? json(stateJson(state, words[0])) : stateLines(state, words[0]));
    return 0;
  };
}

function grow(input: CommandInput, words: readonly string[]) {
  if (words.length !== 1) {
    throw new UsageError(`grow takes one merchant, got: ${words.length === 0 ? 'none' : words.join(' ')}.`, 'directory');
  }
  const [merchantId] = words;
  const buckets = integer(input, 'directory', 'buckets', 1, MAXIMUM_BUCKETS);
  if (buckets === undefined) {
    throw new UsageError('grow needs --buckets N: over how many shall the rows be spread?', 'directory');
  }
  const by = text(input, 'by') ?? os.userInfo().username;
  const isJson = input.values.json === true;
  return async (system: DirectorySystem): Promise<number> => {
    const { directory } = system;
    const windowMilliseconds = system.windowMilliseconds();
    const changes = new Map([[merchantId, buckets]]);
    try {
      const change = await directory.preview(changes, windowMilliseconds);
      if (!(await isWanted(input, change, merchantId))) {
        return 1;
      }
      const head = await directory.publish(changes, windowMilliseconds, by);
      print(isJson
        ? json({ published: head.current, ...changeJson({ ...change, from: head.from }, merchantId) })
        : `Version ${head.current} is published and comes into force at ${new Date(head.from).toISOString()}.\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof DirectoryRefusedError)) {
        throw error;
      }
      await directory.recordRefusal(by, merchantId, buckets, error.message);
      if (isJson) {
        print(json({ refused: error.message }));
      } else {
        process.stderr.write(`Refused: ${error.message}. Nothing has changed.\n`);
      }
      return 1;
    }
  };
}

/** Tells what would be done, unless a program asks, and whether it shall be. */
async function isWanted(input: CommandInput, change: DirectoryChange, merchantId: string): Promise<boolean> {
  const isSure = input.values.yes === true;
  if (input.values.json === true) {
    if (!isSure) {
      print(json({ published: null, ...changeJson(change, merchantId) }));
    }
    return isSure;
  }
  print(changeLines(change, merchantId));
  if (isSure) {
    return true;
  }
  const isAgreed = process.stdin.isTTY && await confirmed();
  print(isAgreed ? '' : 'Nothing was done; --yes does it.\n');
  return isAgreed;
}

async function confirmed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Do it? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

async function readState({ directory, now }: DirectorySystem): Promise<DirectoryState> {
  const head = await directory.head();
  return { head, now: now(), newest: await directory.version(head?.current ?? 0) };
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function print(output: string): void {
  process.stdout.write(output);
}
