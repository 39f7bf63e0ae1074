import { formatSource } from '../parking/parked-item';
import type { AnyBatchSource, EventOf, NativeOf } from './batch-source';

/** What is done of a batch that was thrown back as a whole. One batch, as long as it is the next one to come. */
export class BatchMemory<Source extends AnyBatchSource> {
  private first: string | undefined;
  private readonly done = new Set<string>();

  public constructor(private readonly source: Source) {}

  /** Whether a record of a batch was done when that batch came the last time. */
  public recall(records: readonly NativeOf<Source>[], event: EventOf<Source>): (record: NativeOf<Source>) => boolean {
    if (this.done.size === 0 || records.length === 0 || this.placeOf(records[0], event) !== this.first) {
      return () => false;
    }
    return (record) => this.done.has(this.placeOf(record, event));
  }

  /** @param unfinished positions of the records that are not done, ascending; none when the batch does not come again */
  public keep(records: readonly NativeOf<Source>[], unfinished: readonly number[], event: EventOf<Source>): void {
    this.done.clear();
    if (this.source.repeatsWhole !== true || unfinished.length === 0) {
      return;
    }
    const left = new Set(unfinished);
    this.first = this.placeOf(records[0], event);
    records.forEach((record, position) => {
      if (!left.has(position)) {
        this.done.add(this.placeOf(record, event));
      }
    });
  }

  private placeOf(record: NativeOf<Source>, event: EventOf<Source>): string {
    return formatSource(this.source.placeOf(record, 0, event));
  }
}
