import type { ArchivedChange } from '../runtime/archive/archived-change';
import type { Locator } from './locator-table';

const DAY_CHARACTERS = 'yyyy-mm-dd'.length;
const MINUTE_CHARACTERS = 'hh:mm'.length;

/** Rows that are told of several objects at once, and the messages that each of them comes from. */
export class LocatorRows {
  private readonly rows = new Map<string, { readonly locator: Omit<Locator, 'objects'>; readonly objects: Set<string>; readonly sources: Set<string> }>();

  /**
   * Notes where changes are.
   *
   * @param source what has failed when one of its rows cannot be written
   */
  public add(source: string, object: string, changes: readonly ArchivedChange[]): void {
    for (const { row: { pk }, at } of changes) {
      const merchantBucket = pk?.S;
      if (merchantBucket === undefined) {
        // No row of a ledger: the archive keeps it, but nobody would look for it by a merchant.
        continue;
      }
      const iso = new Date(at * 1_000).toISOString();
      const day = iso.slice(0, DAY_CHARACTERS);
      const minute = iso.slice(DAY_CHARACTERS + 1, DAY_CHARACTERS + 1 + MINUTE_CHARACTERS);
      const id = `${day} ${minute} ${merchantBucket}`;
      let row = this.rows.get(id);
      if (row === undefined) {
        row = { locator: { merchantBucket, day, minute }, objects: new Set(), sources: new Set() };
        this.rows.set(id, row);
      }
      row.objects.add(object);
      row.sources.add(source);
    }
  }

  /** All rows, each with what it comes from. */
  public all(): { readonly locator: Locator; readonly sources: ReadonlySet<string> }[] {
    return [...this.rows.values()].map(({ locator, objects, sources }) => ({ locator: { ...locator, objects: [...objects].sort() }, sources }));
  }
}
