import { Fact, FactOverrides, FactRow, Quota, StatedFact } from './fact';
import { isStale } from './fact-age';
import { LocalFactsError, localFactsFile, readLocalFacts } from './local-facts';
import { REGION_CODE } from './region-code';
import { quotaServiceCode } from './service-codes';
import { rowsOf, shippedIds } from './shipped-rows';

/** The region whose rows are the most complete; it stands in for regions without rows. */
const REFERENCE_REGION = 'us-east-1';

/** Milliseconds of the units that times come in. */
const MILLISECONDS: { readonly [unit: string]: number } = { 'µs': 0.001, 'ms': 1, 's': 1000 };

export interface FactsProps {
  /**
   * Region whose rows are read.
   *
   * @default 'us-east-1'
   */
  readonly region?: string;
  /**
   * Values that take the place of shipped ones, by id, e.g. `{ 'kinesis/shardQuota.account': 5000 }` or with the reason:
   * `{ 'kinesis/shardQuota.account': { value: 5000, note: 'raised in October' } }`.
   *
   * @default - none
   */
  readonly overrides?: FactOverrides;
}

/**
 * Reads the dated data of this folder: quotas and limits of AWS, prices, latencies, measurements of this kit's own code and its design targets.
 * An id is `service/key`. A row of the region wins over a row for `other` regions, that over `all` and `global`, and where none fits the
 * row of us-east-1 is used and marked as `fallback`. A value that the user states wins over all of them, in every region.
 */
export class Facts {
  /** The shipped facts for us-east-1. */
  static readonly DEFAULT = new Facts();

  /**
   * The shipped facts with what the `facts.local.json` of a folder states; the shipped ones where there is no such file.
   *
   * @throws LocalFactsError for a file that is no JSON object of values, an unknown id, or a value of another type than the shipped one
   * @throws Error for a region that is no region code
   */
  static local(folder: string = process.cwd(), region?: string): Facts {
    const file = localFactsFile(folder);
    const overrides = readLocalFacts(file);
    const facts = new Facts({ region });
    try {
      return facts.withOverrides(overrides);
    } catch (error) {
      throw new LocalFactsError(file, (error as Error).message);
    }
  }

  readonly region: string;
  /** What the user stated, by id. */
  readonly overrides: FactOverrides;
  /** What was read so far, by region and id: a plan reads the same few facts thousands of times. */
  private readonly known = new Map<string, Map<string, Fact>>();

  /**
   * @throws UnknownFactError for an override of an id that is not shipped
   * @throws Error for a region that is no region code, an override of another type than the shipped value, or a negative one
   */
  constructor(props: FactsProps = {}) {
    this.region = props.region ?? REFERENCE_REGION;
    requireRegion(this.region);
    this.overrides = { ...props.overrides };
    for (const [id, entry] of Object.entries(this.overrides)) {
      requireSameType(id, stated(entry), rowsOf(id)[0]);
    }
  }

  /** These facts with more overrides; later ones win. */
  withOverrides(overrides: FactOverrides): Facts {
    return new Facts({ region: this.region, overrides: { ...this.overrides, ...overrides } });
  }

  /** These facts read for another region. */
  forRegion(region: string): Facts {
    return new Facts({ region, overrides: this.overrides });
  }

  /**
   * The value of a numeric fact in its unit.
   *
   * @throws UnknownFactError for an unknown id
   * @throws Error for a fact that is no number
   */
  number(id: string, region?: string): number {
    return numberOf(this.get(id, region));
  }

  /**
   * A price in US dollars for one of its unit (`USD/GB` for a gigabyte, `USD/M` for a million).
   *
   * @throws UnknownFactError for an unknown id
   * @throws Error for a fact that is no price
   */
  price(id: string, region?: string): number {
    const fact = this.get(id, region);
    if (!/^USD\b/.test(fact.unit)) {
      throw new Error(`fact '${id}' is no price: its unit is ${fact.unit}`);
    }
    return numberOf(fact);
  }

  /**
   * A time in milliseconds.
   *
   * @throws UnknownFactError for an unknown id
   * @throws Error for a fact that is no time
   */
  latency(id: string, region?: string): number {
    const fact = this.get(id, region);
    if (!(fact.unit in MILLISECONDS)) {
      throw new Error(`fact '${id}' is no time: its unit is ${fact.unit}`);
    }
    return numberOf(fact) * MILLISECONDS[fact.unit];
  }

  /**
   * A hard limit or an adjustable quota, with the codes under which AWS takes requests for more of it.
   *
   * @throws UnknownFactError for an unknown id
   * @throws Error for a fact that is no limit
   */
  quota(id: string, region?: string): Quota {
    const fact = this.get(id, region);
    if (fact.adjustable === undefined) {
      throw new Error(`fact '${id}' is neither a limit nor a quota`);
    }
    return {
      id,
      value: numberOf(fact),
      unit: fact.unit,
      adjustable: fact.adjustable,
      shared: fact.shared === true,
      quotaCode: fact.quotaCode,
      serviceCode: quotaServiceCode(fact.service),
    };
  }

  /**
   * A fact with its source, date, confidence and region.
   *
   * @throws UnknownFactError for an unknown id
   */
  get(id: string, region: string = this.region): Fact {
    const known = this.known.get(region)?.get(id);
    if (known !== undefined) {
      return known;
    }
    const fact = Object.freeze(this.find(id, region));
    const ofRegion = this.known.get(region) ?? new Map<string, Fact>();
    this.known.set(region, ofRegion.set(id, fact));
    return fact;
  }

  private find(id: string, region: string): Fact {
    const rows = rowsOf(id);
    const regional = rowFor(rows, region);
    const row = regional ?? rowFor(rows, REFERENCE_REGION) ?? rows[0];
    const fact = { ...row, id, requestedRegion: region, fallback: regional === undefined };
    return Object.hasOwn(this.overrides, id) ? { ...fact, ...restated(this.overrides[id], row) } : fact;
  }

  /**
   * The shipped rows of a fact, one for each region that has a value of its own.
   *
   * @throws UnknownFactError for an unknown id
   */
  rows(id: string): readonly FactRow[] {
    return rowsOf(id);
  }

  /** All facts, or those of one service, in the order of the data files, each read for this region. */
  list(service?: string): Fact[] {
    return shippedIds().filter((id) => service === undefined || id.startsWith(`${service}/`)).map((id) => this.get(id));
  }

  /** Names of the services that there are facts of, in alphabetical order. */
  services(): string[] {
    return [...new Set(shippedIds().map((id) => id.slice(0, id.indexOf('/'))))].sort();
  }

  /** Facts whose evidence is older than so many days or has no date; what was chosen or stated does not age. */
  stale(days: number, today: Date): Fact[] {
    return this.list().filter((fact) => isStale(fact, days, today));
  }
}

function rowFor(rows: readonly FactRow[], region: string): FactRow | undefined {
  return rows.find((row) => row.region.split(',').includes(region))
    ?? rows.find((row) => row.region === 'other')
    ?? rows.find((row) => row.region === 'all' || row.region === 'global');
}

function numberOf(fact: Fact): number {
  if (typeof fact.value !== 'number') {
    throw new Error(`fact '${fact.id}' is a ${typeof fact.value}, not a number`);
  }
  return fact.value;
}

function stated(entry: FactOverrides[string]): StatedFact {
  return typeof entry === 'object' ? entry : { value: entry };
}

function restated(entry: FactOverrides[string], shipped: FactRow): Partial<Fact> {
  const { value, note } = stated(entry);
  const reason = note === undefined ? '' : `: ${note}`;
  return { value, confidence: 'stated', asOf: null, note: `stated by the user${reason}; shipped: ${String(shipped.value)}`, source: null, fallback: false };
}

function requireRegion(region: string): void {
  if (!REGION_CODE.test(region)) {
    throw new Error(`\`region\` must be a region code such as us-east-1, got: ${region}`);
  }
}

function requireSameType(id: string, { value }: StatedFact, shipped: FactRow): void {
  const type = typeof shipped.value;
  if (typeof value !== type || (type === 'number' && !Number.isFinite(value))) {
    throw new Error(`override of '${id}' must be a ${type}, got: ${String(value)}`);
  }
  if (typeof value === 'number' && value < 0) {
    throw new Error(`override of '${id}' must be at least 0, got: ${value}`);
  }
}
