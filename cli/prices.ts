import * as fs from 'node:fs';
import * as path from 'node:path';
import { comparePrices, priceListServices, type RefreshedFacts, refreshedFacts } from '../lib/cost/price-list';
import { Facts, LOCAL_FACTS_FILE } from '../lib/facts';
import { renderPriceComparison } from '../lib/report/price-table';
import { AssemblyError } from '../lib/topology';
import { type Command, type CommandInput, text, UsageError } from './command';
import { type FoundOffers, findOffers, PRICE_LIST_ADDRESS, priceListPath } from './price-list-source';

/** `cht prices` */
export const pricesCommand: Command = {
  help: `cht prices refresh: our prices beside those of AWS's public price lists: id, old, new, change

  --from PLACE      a folder with copies of the lists (SERVICE.json, or the paths of AWS below it), or the address of a mirror; AWS itself by default
  --region REGION   whose prices (default us-east-1)
  --write           states what changed in the facts.local.json of this folder; what somebody stated there by hand stays
  --json            {"region","changed":[{"id","unit","old","new","change","service","published","doubtful"}],"same":[…],"missing":[…],"unread":[…],"written":[…],"kept":[…]}

Only public prices are read, of no account. A value in facts.local.json holds in every region: refresh for the one that you deploy to.
A price that differs more than tenfold is taken to be stated in another unit; it is shown and not written.
`,
  options: { from: { type: 'string' }, region: { type: 'string' }, write: { type: 'boolean' }, json: { type: 'boolean' } },
  async run(input) {
    const [word, extra] = input.positionals;
    if (word !== 'refresh' || extra !== undefined) {
      throw new UsageError(`"cht prices" knows one word, refresh, got: ${input.positionals.join(' ') || 'none'}.`, 'prices');
    }
    return refresh(input);
  },
};

async function refresh(input: CommandInput): Promise<number> {
  const facts = readFacts(text(input, 'region'));
  const from = text(input, 'from') ?? PRICE_LIST_ADDRESS;
  const services = priceListServices();
  const mostMegabytes = facts.number('target/cost.priceListMegabytes');
  const found = await findOffers({ from, services, region: facts.region, mostMegabytes });
  if (found.offers.length === 0) {
    throw new AssemblyError(byHand(from, found, facts.region));
  }
  const comparison = comparePrices(found.offers, facts);
  const refreshed = refreshedFacts(facts.overrides, comparison);
  const file = path.join(process.cwd(), LOCAL_FACTS_FILE);
  const writes = input.values.write === true && refreshed.written.length > 0;
  if (writes) {
    write(file, refreshed);
  }
  process.stdout.write(input.values.json === true
    ? `${JSON.stringify({ ...comparison, unread: found.unread, written: writes ? refreshed.written : [], kept: refreshed.kept }, undefined, 1)}\n`
    : renderPriceComparison(comparison, {
      unread: found.unread, refreshed, writtenTo: writes ? LOCAL_FACTS_FILE : undefined, width: process.stdout.columns ?? 120,
    }));
  return 0;
}

/** What is wrong with the region is the user's to mend, so it reads as a sentence. */
function readFacts(region: string | undefined): Facts {
  try {
    return Facts.local(process.cwd(), region);
  } catch (error) {
    if (/^`region`/.test((error as Error).message)) {
      throw new UsageError(`${(error as Error).message.replace('`region`', '--region')}.`, 'prices');
    }
    throw error;
  }
}

/** Whole or not at all: a file that is half written would stop every other command. */
function write(file: string, { overrides }: RefreshedFacts): void {
  const next = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(next, `${JSON.stringify(overrides, undefined, 2)}\n`);
  fs.renameSync(next, file);
}

function byHand(from: string, { unread }: FoundOffers, region: string): string {
  const [{ why }] = unread;
  return [
    `no price list of ${from} could be read: ${why}.`,
    'Where there is a network, fetch them by hand, bring the folder here, and name it:',
    '',
    `  mkdir -p prices && for service in ${unread.map(({ service }) => service).join(' ')}; do`,
    `    curl -fsS --compressed -o "prices/$service.json" "${PRICE_LIST_ADDRESS}/${priceListPath('$service', region)}"`,
    '  done',
    `  cht prices refresh --from prices${region === 'us-east-1' ? '' : ` --region ${region}`}`,
  ].join('\n');
}
