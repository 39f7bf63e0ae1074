import * as fs from 'node:fs';
import type { Tip } from '../lambdas/runtime/archive/archive-report';
import { tipsOf } from '../lambdas/runtime/archive/archive-report';
import { ArchiveFormatError } from '../lambdas/runtime/archive/archived-change';
import { type BalanceCheckpoint, parseCheckpoint } from '../lambdas/runtime/archive/balance-checkpoint';
import type { TimeRange } from '../lambdas/runtime/archive/chain-listing';
import { verifyArchive } from '../lambdas/runtime/archive/chain-verification';
import { findChanges } from '../lambdas/runtime/archive/change-search';
import { type Rebuild, rebuildBalances } from '../lambdas/runtime/archive/rebuild';
import { RunError } from '../local/run/run-error';
import { type AuditSystem, withArchive } from './audit-location';
import { archiveJson, archiveText, changeJson, changeText, rebuildJson, rebuildText, toJson } from './audit-report';
import { type Command, type CommandInput, number, text, UsageError } from './command';
import { Progress } from './progress';
import { RUN_HELP, RUN_OPTION, systemVariables } from './running-system';

const DEFAULT_SETTLE_SECONDS = 30;
const DAY_MILLISECONDS = 86_400_000;

/** `cht audit` */
export const auditCommand: Command = {
  help: `cht audit verify [LOCATION]         walks every chain: hashes, continuity, counts, sums
cht audit find --merchant ID [--key KEY] [LOCATION]
                                    what happened to a payment or hold, with all that draws on it
cht audit rebuild-balances          adds the balances up anew, and compares them with the live rows and
                                    the archive with the ledger for the rows that it still holds

LOCATION is s3://BUCKET[/PREFIX] or a folder with a copy of the bucket; without it the bucket that the
variable AUDIT_BUCKET names. AUDIT_HEAD_TABLE, where it is set, proves the ends of the chains.

  --from TIME, --to TIME   verify, find: only changes of this time, as 2026-11-22 or 2026-11-22T09:30Z
  --manifests-only     verify: does not read the objects
  --tips FILE          verify: ends of chains that were noted earlier (or a checkpoint) must still be there
  --write-tips FILE    verify: notes the ends, to be kept where nobody who writes to the archive can reach them
  --checkpoint FILE    rebuild-balances: begins there instead of at the beginning of the archive
  --write-checkpoint FILE
                       rebuild-balances: writes one for the next time, if everything agrees
  --settle S           rebuild-balances: how long to wait for what is on its way, 0 to 3600 s (default ${DEFAULT_SETTLE_SECONDS})
  --json               for programs
${RUN_HELP}
rebuild-balances reads the tables of the variables BALANCE_TABLE and LEDGER_TABLES from end to end.

The exit code is 1 when a chain is broken, nothing was found, or something differs; else 0.
`,
  options: {
    ...RUN_OPTION,
    'merchant': { type: 'string' },
    'key': { type: 'string' },
    'from': { type: 'string' },
    'to': { type: 'string' },
    'manifests-only': { type: 'boolean' },
    'tips': { type: 'string' },
    'write-tips': { type: 'string' },
    'checkpoint': { type: 'string' },
    'write-checkpoint': { type: 'string' },
    'settle': { type: 'string' },
    'json': { type: 'boolean' },
  },
  async run(input) {
    const [subcommand, location, ...others] = input.positionals;
    const prepare = SUBCOMMANDS[subcommand ?? ''];
    if (prepare === undefined) {
      throw new UsageError(`Say what to do: ${Object.keys(SUBCOMMANDS).join(', ')}${subcommand === undefined ? '.' : `; got: ${subcommand}.`}`, 'audit');
    }
    if (others.length > 0) {
      throw new UsageError(`${subcommand} takes one location, got as well: ${others.join(' ')}.`, 'audit');
    }
    const work = prepare(input);
    const progress = new Progress();
    try {
      return await withArchive(location, systemVariables(input), (system) => work(system, progress));
    } catch (error) {
      throw error instanceof ArchiveFormatError ? new RunError(`The archive is not what was written: ${error.message}. "cht audit verify" tells more.`) : error;
    } finally {
      progress.end();
    }
  },
};

/** Reads the command line, so that nothing is asked of a system before it is known to be right. */
type Subcommand = (input: CommandInput) => (system: AuditSystem, progress: Progress) => Promise<number>;

const SUBCOMMANDS: { readonly [name: string]: Subcommand | undefined } = { 'verify': verify, 'find': find, 'rebuild-balances': rebuild };

function verify(input: CommandInput): ReturnType<Subcommand> {
  const range = readRange(input);
  const tips = readTips(text(input, 'tips'));
  const target = text(input, 'write-tips');
  return async ({ name, objects, heads }, progress) => {
    const report = await verifyArchive(objects, {
      heads, tips, range,
      readObjects: input.values['manifests-only'] !== true,
      onProgress: ({ manifests, of }) => progress.show(`${manifests} of ${of} manifests`),
    });
    progress.end();
    print(input.values.json === true ? toJson(archiveJson(name, report)) : archiveText(name, report));
    if (target !== undefined && report.breaks.length === 0) {
      fs.writeFileSync(target, toJson({ tips: Object.fromEntries(tipsOf(report)) }));
    }
    return report.breaks.length === 0 ? 0 : 1;
  };
}

function find(input: CommandInput): ReturnType<Subcommand> {
  const merchantId = text(input, 'merchant');
  if (merchantId === undefined) {
    throw new UsageError('Say whose changes to find: --merchant ID, and --key KEY for one payment.', 'audit');
  }
  const range = readRange(input);
  return async ({ objects }, progress) => {
    const found = await findChanges(objects, {
      merchantId, range, idempotencyKey: text(input, 'key'),
      onProgress: ({ manifests, objects: read }) => progress.show(`${manifests} manifests looked at, ${read} objects read`),
    });
    progress.end();
    print(input.values.json === true ? toJson({ changes: found.map(changeJson) }) : found.map(changeText).join('') || 'The archive holds nothing that fits.\n');
    return found.length > 0 ? 0 : 1;
  };
}

function rebuild(input: CommandInput): ReturnType<Subcommand> {
  const file = text(input, 'checkpoint');
  const checkpoint = file === undefined ? undefined : readCheckpoint(file);
  const target = text(input, 'write-checkpoint');
  const settleSeconds = number(input, 'audit', 'settle', 0, 3_600) ?? DEFAULT_SETTLE_SECONDS;
  return async (system, progress) => {
    const result = await rebuildSystem(system, checkpoint, settleSeconds, progress);
    progress.end();
    print(input.values.json === true ? toJson(rebuildJson(system.name, result)) : rebuildText(system.name, result));
    if (target !== undefined && result.isEqual) {
      fs.writeFileSync(target, toJson(result.checkpoint()));
    }
    return result.isEqual ? 0 : 1;
  };
}

function rebuildSystem(system: AuditSystem, checkpoint: BalanceCheckpoint | undefined, settleSeconds: number, progress: Progress): Promise<Rebuild> {
  const { objects, heads, environment } = system;
  if (heads === undefined) {
    throw new RunError('Balances are rebuilt from the archive of a running system: set AUDIT_BUCKET and AUDIT_HEAD_TABLE, or use --run.');
  }
  const { balanceTable, ledgerTables } = system.described(() => ({ balanceTable: environment.text('BALANCE_TABLE'), ledgerTables: environment.list('LEDGER_TABLES') }));
  return rebuildBalances({ objects, heads, balanceTable, ledgerTables, dynamodb: system.dynamodb() }, {
    checkpoint,
    settleMilliseconds: settleSeconds * 1_000,
    onProgress: ({ manifests, of }) => progress.show(`${manifests} of ${of} objects`),
    onRepeat: () => progress.show('something differs: looking again, it may be on its way'),
  });
}

function readRange(input: CommandInput): TimeRange | undefined {
  const [from, to] = [text(input, 'from'), text(input, 'to')];
  if (from === undefined && to === undefined) {
    return undefined;
  }
  if (from === undefined) {
    throw new UsageError('--to needs --from: say where the time begins.', 'audit');
  }
  const range = { from: readTime('from', from), to: to === undefined ? Date.now() : readTime('to', to) + (isDay(to) ? DAY_MILLISECONDS - 1 : 0) };
  if (range.to < range.from) {
    throw new UsageError(`--to must not be before --from, got: ${to ?? 'now'}.`, 'audit');
  }
  return range;
}

function readTime(option: string, value: string): number {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(`--${option} must be a day or a time in UTC, as 2026-11-22 or 2026-11-22T09:30Z, got: ${value}.`, 'audit');
  }
  return time;
}

function isDay(value: string): boolean {
  return !value.includes('T');
}

function readTips(file: string | undefined): ReadonlyMap<string, Tip> | undefined {
  if (file === undefined) {
    return undefined;
  }
  const { tips } = readJson(file) as { tips?: { readonly [chain: string]: Tip } };
  if (typeof tips !== 'object' || tips === null) {
    throw new RunError(`--tips ${file} holds no "tips": it must be a file that --write-tips or --write-checkpoint wrote.`);
  }
  return new Map(Object.entries(tips));
}

function readCheckpoint(file: string): BalanceCheckpoint {
  try {
    return parseCheckpoint(readText(file));
  } catch (error) {
    throw error instanceof RunError ? error : new RunError(`--checkpoint ${file}: ${(error as Error).message}.`);
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    throw error instanceof RunError ? error : new RunError(`${file} is not JSON: ${(error as Error).message}.`);
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new RunError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

function print(output: string): void {
  process.stdout.write(output);
}
