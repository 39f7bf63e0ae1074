import * as os from 'node:os';
import type { ListedEntry, ParkedEntries } from '../lambdas/runtime/parking/parked-entries';
import { formatSource, type ParkedName, parseSource } from '../lambdas/runtime/parking/parked-item';
import { retryAll } from '../lambdas/runtime/parking/retry-all';
import { type Command, type CommandInput, integer, number, text, UsageError } from './command';
import { discardText, entryJson, entryLines, listJson, listLines, nameWords, retryText } from './parked-report';
import { type ParkedSystem, withParkedSystem } from './parked-system';
import { RUN_HELP, RUN_OPTION, systemVariables } from './running-system';

const DEFAULT_LIMIT = 50;
const DEFAULT_WAIT_SECONDS = 30;
const TERMINAL_WIDTH = 80;

/** `cht parked` */
export const parkedCommand: Command = {
  help: `cht parked list                     lists parked entries
cht parked show NAME                shows one, decoded
cht parked retry NAME | --all       puts entries back into the stream and removes those that settle
cht parked discard NAME --reason TEXT
                                    decides that one shall not take effect; it stays as a trace

NAME is MERCHANT KEY, or PLACE (as "cht parked list" prints it) for what names no payment.
Write -- before a name that begins with a dash.

  --merchant ID        list, retry --all: only entries of this merchant
  --reason TEXT        list, retry --all: only entries whose reason holds TEXT; discard: why
  --limit N            list: this many, 1 to 10000 (default ${DEFAULT_LIMIT})
  --after MARK         list: goes on behind an earlier list, which tells its mark
  --all                list: also what is discarded; retry: everything that names a payment
  --wait S             retry: how long to wait for the effect, 1 to 3600 s (default ${DEFAULT_WAIT_SECONDS})
  --raw                show: nothing but the payload, as base64
  --by NAME            discard: who decides (default: your user name)
  --although-retried   discard: also what a retry has put back and that has not come back yet
  --json               list, show: for programs
${RUN_HELP}
A retry changes nothing but what had no effect yet: the ledger applies a key once, and an entry is
removed only when the ledger holds it. It can be repeated, and interrupted, at any time. What does not
settle stays parked. First mend what the reason names, or it is parked again.

The exit code of retry and discard is 0 when everything they were asked for was done, else 1.
`,
  options: {
    ...RUN_OPTION,
    'merchant': { type: 'string' },
    'reason': { type: 'string' },
    'limit': { type: 'string' },
    'after': { type: 'string' },
    'all': { type: 'boolean' },
    'wait': { type: 'string' },
    'raw': { type: 'boolean' },
    'by': { type: 'string' },
    'although-retried': { type: 'boolean' },
    'json': { type: 'boolean' },
  },
  async run(input) {
    const [subcommand, ...words] = input.positionals;
    const work = SUBCOMMANDS[subcommand ?? ''];
    if (work === undefined) {
      throw new UsageError(`Say what to do: ${Object.keys(SUBCOMMANDS).join(', ')}${subcommand === undefined ? '.' : `; got: ${subcommand}.`}`, 'parked');
    }
    const prepared = work(input, words);
    return withParkedSystem(systemVariables(input), prepared);
  },
};

/** Reads the command line, so that nothing is asked of a system before it is known to be right. */
type Subcommand = (input: CommandInput, words: readonly string[]) => (system: ParkedSystem) => Promise<number>;

const SUBCOMMANDS: { readonly [name: string]: Subcommand | undefined } = { list, show, retry, discard };

function list(input: CommandInput, words: readonly string[]) {
  if (words.length > 0) {
    throw new UsageError(`list takes no names, got: ${words.join(' ')}. There is --merchant.`, 'parked');
  }
  const limit = integer(input, 'parked', 'limit', 1, 10_000) ?? DEFAULT_LIMIT;
  const after = readMark(text(input, 'after'));
  return async ({ entries }: ParkedSystem): Promise<number> => {
    const found: ListedEntry[] = [];
    for await (const entry of matching(entries, input, after)) {
      found.push(entry);
      if (found.length > limit) {
        break;
      }
    }
    const shown = found.slice(0, limit);
    const mark = found.length > limit ? writeMark(shown[limit - 1].name) : undefined;
    if (input.values.json === true) {
      print(`${JSON.stringify({ entries: shown.map(listJson), after: mark ?? null }, undefined, 2)}\n`);
      return 0;
    }
    const width = process.stdout.columns ?? TERMINAL_WIDTH;
    shown.forEach((entry) => print(listLines(entry, width)));
    print(shown.length === 0 ? 'Nothing is parked that fits.\n' : mark === undefined ? '' : `More: --after ${mark}\n`);
    return 0;
  };
}

function show(input: CommandInput, words: readonly string[]) {
  const name = readName(words);
  return async ({ entries, ledger }: ParkedSystem): Promise<number> => {
    const entry = await entries.read(name);
    if (entry === undefined) {
      process.stderr.write(`${nameWords(name)}: no such entry is parked\n`);
      return 1;
    }
    if (input.values.raw === true) {
      print(`${Buffer.from(entry.payload ?? []).toString('base64')}\n`);
      return entry.payload === undefined ? 1 : 0;
    }
    const isAsked = name.merchantId !== undefined && ledger !== undefined;
    const settled = isAsked ? await ledger.find(name.merchantId, name.idempotencyKey) ?? null : undefined;
    print(input.values.json === true ? `${JSON.stringify(entryJson(entry, settled), undefined, 2)}\n` : entryLines(entry, settled));
    return 0;
  };
}

function retry(input: CommandInput, words: readonly string[]) {
  const waitSeconds = number(input, 'parked', 'wait', 1, 3_600) ?? DEFAULT_WAIT_SECONDS;
  if (input.values.all !== true) {
    const name = readName(words);
    return async (system: ParkedSystem): Promise<number> => {
      const outcome = await system.operations(waitSeconds).retry(name);
      print(`${nameWords(name)}: ${retryText(outcome, waitSeconds)}\n`);
      return outcome.kind === 'settled' ? 0 : 1;
    };
  }
  if (words.length > 0) {
    throw new UsageError(`retry takes either --all or a name, got both: ${words.join(' ')}.`, 'parked');
  }
  return async (system: ParkedSystem): Promise<number> => {
    const operations = system.operations(waitSeconds);
    const { counts, left } = await retryAll(operations, retryable(system.entries, input), (name, outcome) => {
      print(`${nameWords(name)}: ${retryText(outcome, waitSeconds)}\n`);
    });
    const settled = counts.get('settled') ?? 0;
    const tried = [...counts.values()].reduce((sum, count) => sum + count, 0);
    print(`${settled} of ${tried} settled${left === 0 ? '' : `; nothing of the last ones did, so ${left} more were left alone`}.\n`);
    return settled === tried && left === 0 ? 0 : 1;
  };
}

function discard(input: CommandInput, words: readonly string[]) {
  const name = readName(words);
  const reason = text(input, 'reason')?.trim();
  if (reason === undefined || reason === '') {
    throw new UsageError('discard needs --reason TEXT: why shall it not take effect?', 'parked');
  }
  const by = text(input, 'by') ?? os.userInfo().username;
  return async (system: ParkedSystem): Promise<number> => {
    const outcome = await system.operations().discard(name, by, reason, { whenRetried: input.values['although-retried'] === true });
    print(`${nameWords(name)}: ${discardText(outcome)}\n`);
    return outcome.kind === 'discarded' ? 0 : 1;
  };
}

async function* matching(entries: ParkedEntries, input: CommandInput, after?: ParkedName): AsyncGenerator<ListedEntry> {
  const reason = text(input, 'reason')?.toLowerCase() ?? '';
  for await (const entry of entries.list({ merchantId: text(input, 'merchant'), after })) {
    if (entry.reason.toLowerCase().includes(reason) && (entry.discard === undefined || input.values.all === true)) {
      yield entry;
    }
  }
}

async function* retryable(entries: ParkedEntries, input: CommandInput): AsyncGenerator<ListedEntry> {
  for await (const entry of matching(entries, input)) {
    if (entry.discard === undefined && entry.name.merchantId !== undefined) {
      yield entry;
    }
  }
}

function readName(words: readonly string[]): ParkedName {
  if (words.length === 2) {
    return { merchantId: words[0], idempotencyKey: words[1] };
  }
  const source = words.length === 1 ? parseSource(words[0]) : undefined;
  if (source === undefined) {
    throw new UsageError(`Name the entry by MERCHANT KEY, or by its PLACE, got: ${words.length === 0 ? 'nothing' : words.join(' ')}.`, 'parked');
  }
  return { source };
}

/** Where a list ended, as one word. */
function writeMark(name: ParkedName): string {
  const words = name.merchantId === undefined ? [formatSource(name.source)] : [name.merchantId, name.idempotencyKey];
  return Buffer.from(JSON.stringify(words)).toString('base64url');
}

function readMark(mark: string | undefined): ParkedName | undefined {
  if (mark === undefined) {
    return undefined;
  }
  try {
    return readName(JSON.parse(Buffer.from(mark, 'base64url').toString('utf8')) as string[]);
  } catch {
    throw new UsageError(`--after must be the mark that a list has printed, got: ${mark}.`, 'parked');
  }
}

function print(output: string): void {
  process.stdout.write(output);
}
