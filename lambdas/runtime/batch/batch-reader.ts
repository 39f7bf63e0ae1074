import { PermanentError, reasonOf } from './batch-errors';
import type { BatchMemory } from './batch-memory';
import type { BatchBaseOptions, RecordOf } from './batch-options';
import { BatchRecord } from './batch-record';
import type { AnyBatchSource, EventOf, NativeOf } from './batch-source';
import { isStandardSchema, parseWith, type StandardSchema } from './standard-schema';

/** A record of a batch on its way. */
export interface Entry<Source extends AnyBatchSource, Content> {
  readonly record: RecordOf<Source>;
  /** What was read; of what could not be read nothing. */
  readonly content: Content | undefined;
  /** Why it could not be read: a `PermanentError` when it never can. */
  readonly defect: Error | undefined;
  /** Entries of one lane are worked on one after the other. */
  readonly lane: string | undefined;
  /** What makes others the same. */
  readonly identity: string | undefined;
  /** The same again, further back in the batch. */
  twins: RecordOf<Source>[] | undefined;
}

/** What was read of a batch. */
export interface ReadBatch<Source extends AnyBatchSource, Content> {
  readonly records: readonly NativeOf<Source>[];
  /** In the order of the batch, without twins. */
  readonly entries: readonly Entry<Source, Content>[];
  /** How many records each delivered record holds. */
  readonly held: Uint32Array;
}

type ReaderOptions<Source extends AnyBatchSource, Decoded, Content>
  = Pick<BatchBaseOptions<Source, Decoded, Content>, 'source' | 'decode' | 'validate' | 'dedupeBy' | 'order' | 'orderBy'>;

/** Unpacks, decodes and checks the records of a batch, finds those that are the same, and the lane of each. */
export class BatchReader<Source extends AnyBatchSource, Decoded, Content> {
  public constructor(private readonly options: ReaderOptions<Source, Decoded, Content>, private readonly concurrency: number) {}

  /**
   * @param memory what of the batch was done before
   * @throws UnexpectedEventError
   */
  public async read(event: EventOf<Source>, memory: BatchMemory<Source>): Promise<ReadBatch<Source, Content>> {
    const { source } = this.options;
    const records = source.records(event) as readonly NativeOf<Source>[];
    const held = new Uint32Array(records.length);
    const read: (Entry<Source, Content> | Promise<Entry<Source, Content>>)[] = [];
    const pending: Promise<unknown>[] = [];
    let isLate = false;
    const origin = { source, event };
    const wasDone = memory.recall(records, event);
    for (let position = 0; position < records.length; position++) {
      const native = records[position];
      if (wasDone(native)) {
        continue;
      }
      const unpacked = source.unpack(native);
      held[position] = unpacked.length;
      for (let index = 0; index < unpacked.length; index++) {
        const entry = this.readOne(new BatchRecord(origin, native, unpacked[index], position, index) as RecordOf<Source>);
        read.push(entry);
        // Most formats are read at once; what is not is read beside each other, and only so much of it.
        if (entry instanceof Promise) {
          isLate = true;
          if (pending.push(entry) >= this.concurrency) {
            await Promise.all(pending.splice(0));
          }
        }
      }
    }
    const entries = isLate ? await Promise.all(read) : read as Entry<Source, Content>[];
    return { records, entries: this.withoutTwins(entries), held };
  }

  private readOne(record: RecordOf<Source>): Entry<Source, Content> | Promise<Entry<Source, Content>> {
    const { decode, source } = this.options;
    let decoded: Decoded | Promise<Decoded>;
    try {
      decoded = decode === undefined ? source.decode(record.payload) as Decoded : decode(record.payload, record);
    } catch (error) {
      return this.unread(record, error, 'decode');
    }
    return decoded instanceof Promise
      ? decoded.then((later) => this.check(record, later), (error: unknown) => this.unread(record, error, 'decode'))
      : this.check(record, decoded);
  }

  private check(record: RecordOf<Source>, decoded: Decoded): Entry<Source, Content> | Promise<Entry<Source, Content>> {
    let content: Content | Promise<Content>;
    try {
      content = this.validate(decoded);
    } catch (error) {
      return this.unread(record, error, 'validate');
    }
    return content instanceof Promise
      ? content.then((later) => this.entryOf(record, later), (error: unknown) => this.unread(record, error, 'validate'))
      : this.entryOf(record, content);
  }

  private validate(decoded: Decoded): Content | Promise<Content> {
    const { validate } = this.options;
    if (validate === undefined) {
      return decoded as unknown as Content;
    }
    const check = validate as ((decoded: Decoded) => Content | Promise<Content>) | StandardSchema<Content>;
    return isStandardSchema<Content>(check) ? parseWith(check, decoded) : check(decoded);
  }

  private entryOf(record: RecordOf<Source>, content: Content): Entry<Source, Content> {
    const { dedupeBy, order, orderBy } = this.options;
    try {
      const key = order !== 'perKey' ? undefined : orderBy === undefined ? record.partitionKey : orderBy(content, record);
      const identity = dedupeBy === undefined ? undefined : dedupeBy(content, record);
      return { record, content, defect: undefined, lane: this.laneOf(record, key), identity, twins: undefined };
    } catch (error) {
      return this.unread(record, error, 'orderBy or dedupeBy');
    }
  }

  private unread(record: RecordOf<Source>, error: unknown, step: string): Entry<Source, Content> {
    const { order, orderBy } = this.options;
    const reason = reasonOf(error, step);
    const defect = reason === undefined ? new Error('a record could not be read', { cause: error }) : new PermanentError(reason);
    // It has the key that came beside it, if that is what counts.
    const key = order === 'perKey' && orderBy === undefined ? record.partitionKey : undefined;
    return { record, content: undefined, defect, lane: this.laneOf(record, key), identity: undefined, twins: undefined };
  }

  private laneOf(record: RecordOf<Source>, key: string | undefined): string | undefined {
    const { source } = this.options;
    if (source.isOrdered(record.native)) {
      return record.partitionKey ?? '';
    }
    return key === undefined ? undefined : `${source.streamOf(record.native) ?? ''} ${key}`;
  }

  private withoutTwins(entries: readonly Entry<Source, Content>[]): readonly Entry<Source, Content>[] {
    if (this.options.dedupeBy === undefined) {
      return entries;
    }
    const first = new Map<string, Entry<Source, Content>>();
    return entries.filter((entry) => {
      const { identity: key } = entry;
      if (key === undefined) {
        return true;
      }
      // What is the same but of another key stays: it may not be done before what is ahead of it there.
      const text = entry.lane === undefined ? key : `${entry.lane.length}#${entry.lane}${key}`;
      const twin = first.get(text);
      if (twin === undefined) {
        first.set(text, entry);
        return true;
      }
      (twin.twins ??= []).push(entry.record);
      return false;
    });
  }
}
