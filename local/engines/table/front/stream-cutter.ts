import { equalItems, type Item } from '../attribute-value';
import type { Sleep } from '../clock';
import { type ItemImage, imageOf } from '../item-image';
import type { ItemLocks } from '../item-locks';
import type { EngineAnswer } from '../table-engine';
import { type EngineAccess, LostAnswerError } from './engine-access';
import type { ItemKey, ServedTable } from './served-table';
import { ServiceError } from './service-error';

/** A write of one item that is about to be forwarded. */
export interface PlannedWrite {
  readonly table: ServedTable;
  readonly key: ItemKey;
  /**
   * - `insert`: succeeds only where no item is; `image` is the item.
   * - `put`: `item` is there afterwards, whatever was before.
   * - `delete`: nothing is there afterwards.
   * - `update`: what is there afterwards has to be read.
   */
  readonly kind: 'insert' | 'put' | 'update' | 'delete';
  readonly image?: ItemImage;
  readonly item?: Item;
}

/** Sizes of an item before and after a write, in bytes; 0 when it is not there. */
export interface WrittenSizes {
  readonly before: number;
  readonly after: number;
}

/** A forwarded call and what it did. */
export interface CutAnswer {
  readonly answer: EngineAnswer;
  /** For each planned write that succeeded and whose sizes are known, by its index. */
  readonly sizes: ReadonlyMap<number, WrittenSizes>;
}

/** A request whose answer was lost may still be at work in the engine; it is over after this pause, in milliseconds. */
const SETTLING_MILLISECONDS = 25;

/**
 * Cuts the tables' streams from the writes that succeed.
 *
 * While a write is in flight nobody else writes the item, so the order of an item's records is the order of its writes, and what is read
 * before and after the write is what the write found and left. A record is stamped before the caller gets its answer.
 */
export class StreamCutter {
  constructor(private readonly engine: EngineAccess, private readonly locks: ItemLocks, private readonly sleep: Sleep) {}

  /**
   * Forwards writes and stamps their records.
   *
   * @param writes the items that the call writes; those of tables without a stream are let through unseen.
   * @param forward makes the call.
   * @param succeeded tells from the answer which of the writes happened.
   * @param readBack reads every item again instead of taking it from the request; for calls that may be answered without being
   * carried out, as a transaction that repeats a client token is.
   * @throws ServiceError when the engine's answer is lost; the records of what happened are stamped then too.
   */
  public async run(
    writes: readonly PlannedWrite[],
    forward: () => Promise<EngineAnswer>,
    succeeded: (answer: EngineAnswer) => (index: number) => boolean,
    readBack = false,
  ): Promise<CutAnswer> {
    const streamed = writes.some((write) => write.table.stream !== undefined);
    if (!streamed) {
      return { answer: await this.forwardUnseen(forward), sizes: new Map() };
    }
    const ids = [...new Set(writes.filter((write) => write.table.stream).map((write) => write.key.id))];
    await this.locks.acquire(ids);
    try {
      return await this.runLocked(writes, forward, succeeded, readBack);
    } finally {
      this.locks.release(ids);
    }
  }

  private async runLocked(
    writes: readonly PlannedWrite[],
    forward: () => Promise<EngineAnswer>,
    succeeded: (answer: EngineAnswer) => (index: number) => boolean,
    readBack: boolean,
  ): Promise<CutAnswer> {
    const changing = writes.filter((write) => write.table.stream && write.kind !== 'insert');
    const before = changing.length > 0 ? await this.engine.readItems(changing) : new Map<string, Item>();
    let answer: EngineAnswer;
    try {
      answer = await forward();
    } catch (error) {
      if (!(error instanceof LostAnswerError)) {
        throw error;
      }
      await this.recover(writes.filter((write) => write.table.stream), before);
      throw ServiceError.internal();
    }
    const happened = succeeded(answer);
    const toRead = changing.filter((write) => (readBack || write.kind === 'update') && happened(writes.indexOf(write)));
    const after = toRead.length > 0 ? await this.engine.readItems(toRead, Infinity) : new Map<string, Item>();
    const sizes = new Map<number, WrittenSizes>();
    writes.forEach((write, index) => {
      if (write.table.stream && happened(index)) {
        const known = readBack || write.kind === 'update' ? after.get(write.key.id) : write.item;
        sizes.set(index, stamp(write, before.get(write.key.id), known));
      }
    });
    return { answer, sizes };
  }

  /** Finds out what a call did whose answer was lost, and stamps it. */
  private async recover(writes: readonly PlannedWrite[], before: ReadonlyMap<string, Item>): Promise<void> {
    await this.sleep(SETTLING_MILLISECONDS);
    const now = await this.engine.readItems(writes, Infinity);
    for (const write of writes) {
      const { key, table } = write;
      const item = now.get(key.id);
      if (write.kind !== 'insert') {
        stamp(write, before.get(key.id), item);
      } else if (item !== undefined && !table.stream?.holds(key.partitionKey, key.image)) {
        // There now and never announced: this insert brought it. One that was there already has its record.
        stamp({ ...write, image: imageOf(item) }, undefined, item);
      }
    }
  }

  private async forwardUnseen(forward: () => Promise<EngineAnswer>): Promise<EngineAnswer> {
    try {
      return await forward();
    } catch (error) {
      throw error instanceof LostAnswerError ? ServiceError.internal() : error;
    }
  }
}

/** Appends the record of a change; equal items make none. */
function stamp(write: PlannedWrite, before: Item | undefined, after: Item | undefined): WrittenSizes {
  const { key, table } = write;
  if (write.kind === 'insert') {
    const image = write.image as ItemImage;
    table.stream?.append({ partitionKey: key.partitionKey, keys: key.image, after: image });
    return { before: 0, after: image.bytes };
  }
  const oldImage = before && imageOf(before);
  const newImage = after && imageOf(after);
  if (!equalItems(before, after)) {
    table.stream?.append({ partitionKey: key.partitionKey, keys: key.image, before: oldImage, after: newImage });
  }
  return { before: oldImage?.bytes ?? 0, after: newImage?.bytes ?? 0 };
}
