import type { ParkedSource } from '../parking/parking';
import type { BatchSource, Unpacked } from './batch-source';

/** Where records of a batch come from, and the event that they came in. */
export interface BatchOrigin<Event, Native, Payload> {
  readonly source: BatchSource<Event, Native, Payload, unknown, unknown>;
  readonly event: Event;
}

/** One record of a batch: as it was delivered, or unpacked from what was. */
export class BatchRecord<Native = unknown, Payload = unknown, Event = unknown> {
  /** Before it is decoded. */
  public readonly payload: Payload;
  /** What the source orders by: partition key, message group, key of the topic or of the row. */
  public readonly partitionKey: string | undefined;

  public constructor(
    private readonly origin: BatchOrigin<Event, Native, Payload>,
    /** As the event has it. */
    public readonly native: Native,
    unpacked: Unpacked<Payload>,
    /** Position of the delivered record in the batch. */
    public readonly position: number,
    /** Position inside the delivered record; 0 in one that is not aggregated. */
    public readonly index: number,
  ) {
    this.payload = unpacked.payload;
    this.partitionKey = unpacked.partitionKey;
  }

  /** The event that it came in. */
  public get event(): Event {
    return this.origin.event;
  }

  /** Where it lies: shard and sequence number, queue and message id, partition and offset. */
  public get place(): ParkedSource {
    return this.origin.source.placeOf(this.native, this.index, this.origin.event);
  }

  /** The `traceparent` (W3C Trace Context) that came beside it, in a header or an attribute. */
  public get traceParent(): string | undefined {
    return this.origin.source.traceParentOf(this.native);
  }

  /** The payload as bytes. */
  public get bytes(): Uint8Array {
    return this.origin.source.bytesOf(this.payload);
  }
}
