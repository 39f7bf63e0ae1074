import type { FactRow } from './fact';
import { UnknownFactError } from './unknown-fact-error';

type Index = ReadonlyMap<string, readonly FactRow[]>;

let base: Index | undefined;
let prices: Index | undefined;

/**
 * The shipped rows of an id, one for each region.
 *
 * @throws UnknownFactError for an id that no data file holds
 */
export function rowsOf(id: string): readonly FactRow[] {
  const rows = baseIndex().get(id) ?? priceIndex().get(id);
  if (rows === undefined) {
    throw new UnknownFactError(id, similarIds(id));
  }
  return rows;
}

/** All shipped ids, in the order of the data files. */
export function shippedIds(): string[] {
  return [...baseIndex().keys(), ...priceIndex().keys()];
}

// An import would load the data with every import of the package, also for those who read no fact. Most programs that do need no price.

function baseIndex(): Index {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return base ??= indexed((require('./base-rows') as typeof import('./base-rows')).BASE_ROWS);
}

function priceIndex(): Index {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return prices ??= indexed((require('./price-rows') as typeof import('./price-rows')).PRICE_ROWS);
}

function indexed(rows: readonly FactRow[]): Index {
  const byId = new Map<string, FactRow[]>();
  for (const row of rows) {
    const id = `${row.service}/${row.key}`;
    const known = byId.get(id);
    if (known === undefined) {
      byId.set(id, [row]);
    } else {
      known.push(row);
    }
  }
  return byId;
}

/** Up to two known ids that share the most words with an unknown one; of equals those of the same service. */
function similarIds(id: string): string[] {
  const words = new Set(wordsOf(id));
  return shippedIds()
    .map((known) => ({ known, shared: wordsOf(known).filter((word) => words.has(word)).length, apart: serviceOf(known) === serviceOf(id) ? 0 : 1 }))
    .filter((it) => it.shared > 0)
    .sort((a, b) => b.shared - a.shared || a.apart - b.apart || (a.known < b.known ? -1 : 1))
    .slice(0, 2)
    .map((it) => it.known);
}

function serviceOf(id: string): string {
  return id.split('/')[0];
}

function wordsOf(id: string): string[] {
  return id.split(/[/.]|(?=[A-Z])/).map((word) => word.toLowerCase());
}
