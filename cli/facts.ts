import { ageInDays, type Fact, Facts, isStale, UnknownFactError } from '../lib/facts';
import { renderFact, renderFactsOverview, renderFactsTable, summarizeFacts } from '../lib/report/facts-table';
import { type Command, type CommandInput, integer, text, UsageError } from './command';

const MOST_DAYS = 36_500;

/** `cht facts` */
export const factsCommand: Command = {
  help: `cht facts                  how many facts there are of each service, and how far they can be trusted
cht facts SERVICE          the facts of a service: value, unit, region, date, trust
cht facts SERVICE/KEY      all about one fact: note, source, kind of limit, other regions

  --region REGION   reads the values of this region (default us-east-1)
  --search TEXT     only facts whose id, note or source has this text
  --stale DAYS      only facts whose evidence is older than so many days or has no date
  --json            {"region","services":[…]} or {"region","facts":[…]}

A facts.local.json in this folder states values of your own: {"kinesis/shardQuota.account": 5000}.
`,
  options: { region: { type: 'string' }, search: { type: 'string' }, stale: { type: 'string' }, json: { type: 'boolean' } },
  run: (input) => Promise.resolve(run(input, new Date())),
};

function run(input: CommandInput, today: Date): number {
  const [what, extra] = input.positionals;
  if (extra !== undefined) {
    throw new UsageError(`Name one service or one fact, got also: ${extra}.`, 'facts');
  }
  const days = integer(input, 'facts', 'stale', 0, MOST_DAYS);
  const search = text(input, 'search');
  const facts = readFacts(text(input, 'region'));
  if (what?.includes('/')) {
    if (days !== undefined || search !== undefined) {
      throw new UsageError(`--stale and --search choose among facts, but ${what} is one already.`, 'facts');
    }
    return showOne(input, facts, what, today);
  }
  const chosen = factsOf(facts, what)
    .filter((fact) => days === undefined || isStale(fact, days, today))
    .filter((fact) => search === undefined || mentions(fact, search));
  const isOverview = what === undefined && days === undefined && search === undefined;
  return isOverview ? showOverview(input, facts, chosen) : showList(input, facts, chosen, today);
}

function showOne(input: CommandInput, facts: Facts, id: string, today: Date): number {
  const fact = found(facts, id);
  if (input.values.json === true) {
    return print(json({ region: facts.region, facts: [withAge(fact, today)] }));
  }
  const isQuota = fact.adjustable !== undefined && typeof fact.value === 'number';
  return print(renderFact(fact, facts.rows(id), isQuota ? facts.quota(id) : undefined, today, width()));
}

function showOverview(input: CommandInput, facts: Facts, chosen: readonly Fact[]): number {
  return print(input.values.json === true ? json({ region: facts.region, services: summarizeFacts(chosen) }) : renderFactsOverview(chosen, width()));
}

function showList(input: CommandInput, facts: Facts, chosen: readonly Fact[], today: Date): number {
  return print(input.values.json === true
    ? json({ region: facts.region, facts: chosen.map((fact) => withAge(fact, today)) })
    : renderFactsTable(chosen, width()));
}

/** What is wrong with the file or the region is the user's to mend, so it reads as a sentence. */
function readFacts(region: string | undefined): Facts {
  try {
    return Facts.local(process.cwd(), region);
  } catch (error) {
    throw new UsageError(sentence((error as Error).message.replace('`region`', '--region')), 'facts');
  }
}

function factsOf(facts: Facts, service: string | undefined): Fact[] {
  const services = facts.services();
  if (service !== undefined && !services.includes(service)) {
    throw new UsageError(`There are no facts of a service ${service}, only of ${services.join(', ')}.`, 'facts');
  }
  return facts.list(service);
}

function found(facts: Facts, id: string): Fact {
  try {
    return facts.get(id);
  } catch (error) {
    throw error instanceof UnknownFactError ? new UsageError(sentence(error.message), 'facts') : error;
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?]$/.test(message) ? '' : '.'}`;
}

function mentions(fact: Fact, search: string): boolean {
  return [fact.id, fact.note, fact.source].some((it) => it?.toLowerCase().includes(search.toLowerCase()));
}

function withAge(fact: Fact, today: Date): Fact & { readonly ageInDays?: number } {
  return { ...fact, ageInDays: ageInDays(fact, today) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function width(): { width: number } {
  return { width: process.stdout.columns ?? 120 };
}

function print(output: string): number {
  process.stdout.write(output);
  return 0;
}
