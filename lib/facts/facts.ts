import { Fact, FactRow, FactValue } from './fact';
import latencies from './latencies.json';
import measurements from './measurements.json';
import quotas from './quotas.json';
import targets from './targets.json';

/** The region whose rows are the most complete; it stands in for regions without rows. */
const REFERENCE_REGION = 'us-east-1';

const SHIPPED = [quotas, latencies, measurements, targets] as unknown as readonly (readonly FactRow[])[];
const INDEX = index(SHIPPED.flat());

/** Thrown for an id that no data file holds. Names the ids that look most like it. */
export class UnknownFactError extends Error {
  constructor(readonly id: string, readonly similar: readonly string[]) {
    super(`there is no fact '${id}'${similar.length === 0 ? '' : `; did you mean ${similar.map((it) => `'${it}'`).join(' or ')}?`}`);
    this.name = 'UnknownFactError';
  }
}

export interface FactsProps {
  /**
   * Region whose rows are read.
   *
   * @default 'us-east-1'
   */
  readonly region?: string;
  /**
   * Values that take the place of shipped ones, by id, e.g. `{ 'kinesis/shardQuota.account': 5000 }`.
   *
   * @default - none
   */
  readonly overrides?: { readonly [id: string]: FactValue };
}

/**
 * Reads the dated data of this folder: quotas and limits of AWS, latencies, measurements of this kit's own code and its design targets.
 * An id is `service/key`. A row of the region wins over a row for `other` regions, that over `all` and `global`, and where none fits the
 * row of us-east-1 is used and marked as `fallback`.
 */
export class Facts {
  /** The shipped facts for us-east-1. */
  static readonly DEFAULT = new Facts();

  readonly region: string;
  /** Values stated by the user, by id. */
  readonly overrides: { readonly [id: string]: FactValue };

  /**
   * @throws UnknownFactError for an override of an id that is not shipped
   * @throws Error for a region that is no region code, or an override of another type than the shipped value
   */
  constructor(props: FactsProps = {}) {
    this.region = props.region ?? REFERENCE_REGION;
    if (!/^[a-z]{2,}(-[a-z]+)+-\d$/.test(this.region)) {
      throw new Error(`\`region\` must be a region code such as us-east-1, got: ${this.region}`);
    }
    this.overrides = { ...props.overrides };
    for (const [id, value] of Object.entries(this.overrides)) {
      const shipped = rowsOf(id)[0].value;
      if (typeof value !== typeof shipped || Number.isNaN(value)) {
        throw new Error(`override of '${id}' must be a ${typeof shipped}, got: ${String(value)}`);
      }
    }
  }

  /** These facts with more overrides; later ones win. */
  withOverrides(overrides: { readonly [id: string]: FactValue }): Facts {
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
    const { value } = this.get(id, region);
    if (typeof value !== 'number') {
      throw new Error(`fact '${id}' is a ${typeof value}, not a number`);
    }
    return value;
  }

  /**
   * A fact with its source, date, confidence and region.
   *
   * @throws UnknownFactError for an unknown id
   */
  get(id: string, region: string = this.region): Fact {
    const rows = rowsOf(id);
    const regional = rowFor(rows, region);
    const row = regional ?? rowFor(rows, REFERENCE_REGION) ?? rows[0];
    const fact = { ...row, id, requestedRegion: region, fallback: regional === undefined };
    return id in this.overrides
      ? { ...fact, value: this.overrides[id], confidence: 'stated', asOf: null, note: `stated by the user; shipped: ${String(row.value)}`, source: null, fallback: false }
      : fact;
  }

  /** All facts, or those of one service, in the order of the data files, each read for this region. */
  list(service?: string): Fact[] {
    const ids = [...INDEX.keys()].filter((id) => service === undefined || id.startsWith(`${service}/`));
    return ids.map((id) => this.get(id));
  }
}

function index(rows: readonly FactRow[]): Map<string, FactRow[]> {
  const byId = new Map<string, FactRow[]>();
  for (const row of rows) {
    const id = `${row.service}/${row.key}`;
    byId.set(id, [...(byId.get(id) ?? []), row]);
  }
  return byId;
}

function rowsOf(id: string): readonly FactRow[] {
  const rows = INDEX.get(id);
  if (rows === undefined) {
    throw new UnknownFactError(id, similarIds(id));
  }
  return rows;
}

function rowFor(rows: readonly FactRow[], region: string): FactRow | undefined {
  return rows.find((row) => row.region.split(',').includes(region))
    ?? rows.find((row) => row.region === 'other')
    ?? rows.find((row) => row.region === 'all' || row.region === 'global');
}

/** Up to two known ids that share the most words with an unknown one. */
function similarIds(id: string): string[] {
  const words = new Set(wordsOf(id));
  return [...INDEX.keys()]
    .map((known) => ({ known, shared: wordsOf(known).filter((word) => words.has(word)).length }))
    .filter((it) => it.shared > 0)
    .sort((a, b) => b.shared - a.shared || (a.known < b.known ? -1 : 1))
    .slice(0, 2)
    .map((it) => it.known);
}

function wordsOf(id: string): string[] {
  return id.split(/[/.]|(?=[A-Z])/).map((word) => word.toLowerCase());
}
