import * as fs from 'node:fs';
import {
  type Bill, BillDiff, billOf, type BillOptions, type Case, type Commitment, COMMITMENTS, compareBrokers, compareStorage, compareTables,
  type Comparison, type DeclaredUsage, type Discounts, leversOf, stalePricesOf, workloadOf,
} from '../lib/cost';
import { Facts } from '../lib/facts';
import { renderComparison } from '../lib/report/cost-comparison';
import { renderCostCsv } from '../lib/report/cost-csv';
import { renderCostDiff } from '../lib/report/cost-markdown';
import { renderCostPage } from '../lib/report/cost-page';
import { type CostTableOptions, renderCostReasons, renderCostTable, renderLevers } from '../lib/report/cost-table';
import { AssemblyError, Topology } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, type CommandInput, integer, number, text, UsageError } from './command';
import { readJsonOption } from './json-option';
import { statedWorkload } from './workload-file';

const PARTS = ['stage', 'stack', 'service', 'kind'] as const;
const BANDS: readonly Case[] = ['low', 'typical', 'high'];

/** `cht cost` */
export const costCommand: Command = {
  help: `cht cost [ASSEMBLY]: what a month of a cloud assembly costs, of whatever app it is, and why
cht cost why RESOURCE [ASSEMBLY]: the lines of a resource (path, end of a path, logical id or type) and where each comes from
cht cost levers [ASSEMBLY]: what would make it cheaper, the largest saving first, and what that costs in latency or risk
cht cost compare brokers|tables|storage [ASSEMBLY]: ways to have the same, each with its month: Kinesis, MSK and Kafka of one's own with the hours of
  people; tables by request, provisioned and reserved; classes of S3 with the days after which they pay
cht cost diff BASE HEAD: what the change from one assembly to another costs, as Markdown for a pull request

${SYNTHESIS_HELP}
  --workload FILE        what the app carries, as JSON: {"peak": 5000, "payload": {"meanBytes": 512}}; templates of this kit's constructs tell it themselves
  --usage FILE           quantities that somebody knows better, by resource: {"PaymentStream": {"recordsPerSecond": 1000}}
  --commitment none|1y   what is committed for a year: savings plans and reserved capacity; none by default
  --discounts FILE       what is paid less than the list price, as factors by price id or beginning: {"dynamodb/*": 0.9, "kinesis/provisioned.shardHour": 0.8}
  --by PART              totals by stage, stack, service or kind; stage by default
  --lines N              lines that are shown, the dearest ones; 20 by default
  --hour-usd USD         compare brokers: what an hour of an engineer costs
  --self-run-hours N     compare brokers: hours of a month for a Kafka that one runs oneself
  --gigabytes N, --object-bytes N, --kept-days N, --read-share SHARE
                         compare storage: what is kept (1,000 GB), in objects of which size (262,144 B), for how long (365 days), and what part of it is
                         read in a month (0)
  --threshold PERCENT    diff ends with 1 when a month costs so much more
  --html FILE            writes a page with charts and all lines, which needs nothing else
  --csv                  the lines in the columns of FOCUS 1.2, for tools that read bills
  --month YYYY-MM        the month that the CSV is written for; the present one by default
  --band BAND            what the CSV states as cost: low, typical or high; typical by default
  --json                 {"currency","workload","commitment","atLeast","perMonth":{"low","typical","high"},"perMillionPayments":{…},"discount":{…},"lines":[…],"unpriced":[…],"stale":[…]};
                         diff: {"currency","atLeast","perMonth":{"before","after"},"perMillionPayments":{…},"changes":[…],"newlyUnpriced":[…]}

Quantities are derived from the workload along the edges of the templates; each line is declared, derived or assumed. Prices are list prices with a
date; no account is asked. What has no price is listed, and the totals say "at least".
`,
  options: {
    ...SYNTHESIS_OPTIONS,
    workload: { type: 'string' },
    usage: { type: 'string' },
    commitment: { type: 'string' },
    by: { type: 'string' },
    lines: { type: 'string' },
    threshold: { type: 'string' },
    'hour-usd': { type: 'string' },
    'self-run-hours': { type: 'string' },
    'gigabytes': { type: 'string' },
    'object-bytes': { type: 'string' },
    'kept-days': { type: 'string' },
    'read-share': { type: 'string' },
    discounts: { type: 'string' },
    html: { type: 'string' },
    csv: { type: 'boolean' },
    month: { type: 'string' },
    band: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(input) {
    const [word, ...rest] = input.positionals;
    switch (word) {
      case 'why': return why(input, rest);
      case 'levers': return levers(input, rest);
      case 'compare': return compare(input, rest);
      case 'diff': return diff(input, rest);
      default: return whole(input);
    }
  },
};

async function whole(input: CommandInput): Promise<number> {
  const options = tableOptions(input);
  const [folder] = input.positionals;
  const forms = ['json', 'csv', 'html'].filter((it) => input.values[it] !== undefined);
  if (forms.length > 1) {
    throw new UsageError(`--${forms[0]} and --${forms[1]} are two forms of one bill: choose one.`, 'cost');
  }
  const file = text(input, 'html');
  if (file !== undefined) {
    return page(input, folder, file);
  }
  if (input.values.csv === true) {
    return csv(input, folder);
  }
  const bill = await billFor(input, folder);
  const stale = stalePricesOf(bill, new Date(), Facts.local());
  process.stdout.write(input.values.json === true ? json({ ...bill.toJSON(), stale }) : renderCostTable(bill, { ...options, stale }));
  return 0;
}

async function csv(input: CommandInput, folder: string | undefined): Promise<number> {
  const month = text(input, 'month') ?? new Date().toISOString().slice(0, 7);
  const band = text(input, 'band') ?? 'typical';
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    throw new UsageError(`--month must be a month such as 2026-11, got: ${month}.`, 'cost');
  }
  if (!(BANDS as readonly string[]).includes(band)) {
    throw new UsageError(`--band must be one of ${BANDS.join(', ')}, got: ${band}.`, 'cost');
  }
  const bill = await billFor(input, folder);
  process.stdout.write(renderCostCsv(bill, { month, band: band as Case }));
  if (bill.atLeast) {
    process.stderr.write(`cht: ${bill.unpriced.length} without a price, and so without a row: ${bill.unpriced.map(({ resource }) => resource).join(', ')}\n`);
  }
  return 0;
}

async function page(input: CommandInput, folder: string | undefined, file: string): Promise<number> {
  const { bill, levers } = await priced(input, folder, (...of) => ({ bill: billOf(...of), levers: leversOf(...of) }));
  const content = renderCostPage(bill, { title: folder, levers, stale: stalePricesOf(bill, new Date(), Facts.local()) });
  try {
    fs.writeFileSync(file, content);
  } catch (error) {
    throw new AssemblyError(`--html ${file}: ${(error as Error).message}`);
  }
  process.stdout.write(`${file}: ${bill.lines.length} lines\n`);
  return 0;
}

async function why(input: CommandInput, [resource, folder]: readonly string[]): Promise<number> {
  if (resource === undefined) {
    throw new UsageError('"cht cost why" needs a resource.', 'cost');
  }
  const bill = await billFor(input, folder);
  const lines = [...bill.linesOf(resource)].sort((a, b) => b.usd.typical - a.usd.typical);
  const unpriced = bill.unpricedOf(resource);
  if (lines.length === 0 && unpriced.length === 0) {
    process.stderr.write(`cht: the bill has no line for ${resource}: there is no such resource, or it is free.\n`);
    return 1;
  }
  process.stdout.write(input.values.json === true ? json({ lines, unpriced })
    : `${renderCostReasons(lines, { width: width() })}${unpriced.map((it) => `${it.resource} (${it.type}) is not priced: ${it.why}\n`).join('')}`);
  return 0;
}

async function levers(input: CommandInput, [folder]: readonly string[]): Promise<number> {
  const found = await priced(input, folder, leversOf);
  process.stdout.write(input.values.json === true ? json(found) : renderLevers(found, { width: width() }));
  return 0;
}

async function compare(input: CommandInput, [what, folder]: readonly string[]): Promise<number> {
  const found = what === 'storage' ? compareStorage(storageUse(input), Facts.local()) : await comparisonOf(input, what, folder);
  process.stdout.write(input.values.json === true ? json(found) : renderComparison(found, width()));
  return 0;
}

async function comparisonOf(input: CommandInput, what: string | undefined, folder: string | undefined): Promise<Comparison> {
  if (what !== 'brokers' && what !== 'tables') {
    throw new UsageError(`"cht cost compare" needs one of brokers, tables, storage, got: ${what ?? 'none'}.`, 'cost');
  }
  const options = { hourUsd: quantity(input, 'hour-usd', 0), selfRunHours: quantity(input, 'self-run-hours', 0) };
  return priced(input, folder, (topology, stated) => {
    const workload = stated ?? workloadOf(topology);
    if (workload === undefined) {
      throw new Error('`workload` must be stated: none of the templates carries one');
    }
    const facts = Facts.local().forRegion(topology.stacks[0].region);
    return what === 'brokers' ? compareBrokers(workload, facts, options) : compareTables(workload, facts);
  });
}

function storageUse(input: CommandInput): Parameters<typeof compareStorage>[0] {
  return {
    gigabytes: quantity(input, 'gigabytes', Number.MIN_VALUE), objectBytes: quantity(input, 'object-bytes', 1),
    keptDays: quantity(input, 'kept-days', 1), readShare: quantity(input, 'read-share', 0),
  };
}

function quantity(input: CommandInput, name: string, least: number): number | undefined {
  return number(input, 'cost', name, least, Number.MAX_SAFE_INTEGER);
}

async function diff(input: CommandInput, folders: readonly string[]): Promise<number> {
  const [base, head] = folders;
  if (base === undefined || head === undefined || folders.length > 2) {
    throw new UsageError('"cht cost diff" needs two assemblies: BASE and HEAD.', 'cost');
  }
  const threshold = number(input, 'cost', 'threshold', 0, Number.MAX_SAFE_INTEGER);
  const found = new BillDiff(await billFor(input, base), await billFor(input, head));
  process.stdout.write(input.values.json === true ? json(found) : renderCostDiff(found));
  return threshold !== undefined && 100 * found.share > threshold ? 1 : 0;
}

function billFor(input: CommandInput, folder: string | undefined): Promise<Bill> {
  return priced(input, folder, billOf);
}

type Pricing<T> = (topology: Topology, workload: Workload | undefined, options: BillOptions) => T;

async function priced<T>(input: CommandInput, folder: string | undefined, price: Pricing<T>): Promise<T> {
  const commitment = (text(input, 'commitment') ?? 'none') as Commitment;
  if (!COMMITMENTS.includes(commitment)) {
    throw new UsageError(`--commitment must be one of ${COMMITMENTS.join(', ')}, got: ${commitment}.`, 'cost');
  }
  const workload = statedWorkload(input);
  const [usage, discounts] = [statedUsage(input), statedDiscounts(input)];
  const assembly = await useAssembly(input, folder);
  try {
    return price(Topology.read(assembly.folder, { unresolved: 'stand-in' }), workload, { commitment, usage, discounts, facts: Facts.local() });
  } catch (error) {
    if (/^`(workload|usage)` must/.test((error as Error).message)) {
      throw new AssemblyError(`${assembly.folder}: ${(error as Error).message}. See --workload and --usage.`);
    }
    if (/^`discounts` must/.test((error as Error).message)) {
      throw new AssemblyError(`--discounts ${text(input, 'discounts')}: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    assembly.dispose();
  }
}

function statedUsage(input: CommandInput): { readonly [resource: string]: DeclaredUsage } | undefined {
  const read = readJsonOption(input, 'usage');
  if (read === undefined) {
    return undefined;
  }
  const isUsage = typeof read === 'object' && read !== null && Object.values(read).every((of) => typeof of === 'object' && of !== null
    && Object.values(of as object).every((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0));
  if (!isUsage) {
    throw new AssemblyError(`--usage ${text(input, 'usage')}: it must be an object of resources, each with quantities of 0 or more: {"PaymentStream": {"recordsPerSecond": 1000}}`);
  }
  return read as { readonly [resource: string]: DeclaredUsage };
}

function statedDiscounts(input: CommandInput): Discounts | undefined {
  const read = readJsonOption(input, 'discounts');
  if (read !== undefined && (typeof read !== 'object' || read === null || Array.isArray(read))) {
    throw new AssemblyError(`--discounts ${text(input, 'discounts')}: it must be an object of factors by price: {"dynamodb/*": 0.9}`);
  }
  return read as Discounts | undefined;
}

function tableOptions(input: CommandInput): CostTableOptions {
  const by = text(input, 'by') ?? 'stage';
  if (!(PARTS as readonly string[]).includes(by)) {
    throw new UsageError(`--by must be one of ${PARTS.join(', ')}, got: ${by}.`, 'cost');
  }
  return { by: by as CostTableOptions['by'], lines: integer(input, 'cost', 'lines', 0, 10_000), width: width() };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

function width(): number {
  return process.stdout.columns ?? 120;
}
