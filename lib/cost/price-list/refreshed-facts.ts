import type { FactOverrides } from '../../facts';
import { Facts } from '../../facts';
import type { PriceComparison, PriceUpdate } from './price-updates';

/** How the note of a value begins that came from a price list, and that a later one may replace. */
const NOTE = 'AWS price list ';

/** What a `facts.local.json` states once it follows price lists. */
export interface RefreshedFacts {
  readonly overrides: FactOverrides;
  /** Ids that were written or whose value was taken away because the shipped one is right. */
  readonly written: readonly string[];
  /** Ids that somebody stated otherwise: a negotiated price stays. */
  readonly kept: readonly string[];
  /** Ids whose new value is doubtful. */
  readonly doubtful: readonly string[];
}

/** The overrides of a folder with the prices of price lists in them. Values without a note of a price list are somebody's own, and stay. */
export function refreshedFacts(overrides: FactOverrides, comparison: PriceComparison): RefreshedFacts {
  const next: Record<string, FactOverrides[string]> = { ...overrides };
  const [written, kept, doubtful]: string[][] = [[], [], []];
  for (const update of comparison.changed) {
    if (update.doubtful) {
      doubtful.push(update.id);
    } else if (isOwn(overrides[update.id])) {
      kept.push(update.id);
    } else {
      written.push(update.id);
      if (isShipped(update, comparison.region)) {
        delete next[update.id];
      } else {
        next[update.id] = { value: update.new, note: `${NOTE}${update.service}, ${comparison.region}, ${update.published}` };
      }
    }
  }
  return { overrides: next, written, kept, doubtful };
}

function isOwn(entry: FactOverrides[string] | undefined): boolean {
  return entry !== undefined && !(typeof entry === 'object' && entry.note?.startsWith(NOTE) === true);
}

function isShipped({ id, new: value }: PriceUpdate, region: string): boolean {
  return Facts.DEFAULT.get(id, region).value === value;
}
