import { MAXIMUM_PARTITION_KEY_CHARACTERS, RECORD_BYTES } from '../limits';
import { BatchingSender, type PendingItem } from './batching-sender';
import { type DeliveryOptions, deliveryOf, packingBounds, recordSenderOf } from './delivery-options';
import type { Delivery } from './payment-stream';
import { fitsCall, recordBytes } from './put-records';
import type { SentRecord } from './record-sender';

export interface PlainRecordsOptions extends DeliveryOptions {
  /** Records taken and not yet settled, at most. */
  readonly maximumPendingItems: number;
}

/** Where a record is to go. */
export interface RecordPlace {
  readonly partitionKey: string;
  /** Place in the hash key space, a decimal number below 2^128. @default - the MD5 digest of the partition key */
  readonly explicitHashKey?: string;
}

const HASH_KEY = /^\d{1,39}$/;
const HASH_KEYS = 1n << 128n;

/** A call being filled. */
interface OpenCall {
  readonly records: SentRecord[];
  bytes: number;
}

/** Puts each item into the stream as a record of its own, under its own key, and as many a call as come within the linger time. */
export class PlainRecords {
  private readonly packing: BatchingSender<OpenCall, readonly SentRecord[]>;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: PlainRecordsOptions) {
    const sender = recordSenderOf(options);
    this.packing = new BatchingSender<OpenCall, readonly SentRecord[]>({
      ...packingBounds(options),
      maximumPendingItems: options.maximumPendingItems,
      open: () => ({ records: [], bytes: 0 }),
      seal: ({ records }) => (records.length === 0 ? undefined : records),
      send: (records) => sender.send(records),
    });
  }

  /** Whether `offer` would refuse now. */
  public get isFull(): boolean {
    return this.packing.isFull;
  }

  /** @throws RangeError when the record is larger than one may be, or its key is none */
  public offer(data: Uint8Array, settle: (delivery: Delivery) => void, place: RecordPlace): boolean {
    if (this.isFull) {
      return false;
    }
    requirePlace(place);
    const item: PendingItem = { data, settle, token: undefined };
    const record: SentRecord = { ...place, data, settle: (outcome) => this.packing.settle(item, deliveryOf(outcome, 0)) };
    const bytes = recordBytes(record);
    if (bytes > RECORD_BYTES) {
      throw new RangeError(`a record must have at most ${RECORD_BYTES} bytes, its key included, got: ${bytes}`);
    }
    let call = this.packing.batch();
    if (!fitsCall(call.records.length + 1, call.bytes + bytes)) {
      this.packing.seal();
      call = this.packing.batch();
    }
    call.records.push(record);
    call.bytes += bytes;
    this.packing.taken(item);
    return true;
  }

  /** Takes no more records and resolves when all that were taken are settled. */
  public drain(): Promise<void> {
    return this.packing.drain();
  }
}

/** The service refuses a whole call for one record with a key that is none. */
function requirePlace({ partitionKey, explicitHashKey }: RecordPlace): void {
  // A character beyond the basic plane is two units of the text's length.
  const characters = partitionKey.length <= MAXIMUM_PARTITION_KEY_CHARACTERS ? partitionKey.length : [...partitionKey].length;
  if (characters < 1 || characters > MAXIMUM_PARTITION_KEY_CHARACTERS) {
    throw new RangeError(`\`partitionKey\` must have between 1 and ${MAXIMUM_PARTITION_KEY_CHARACTERS} characters, got: ${characters}`);
  }
  if (explicitHashKey !== undefined && !(HASH_KEY.test(explicitHashKey) && BigInt(explicitHashKey) < HASH_KEYS)) {
    throw new RangeError(`\`explicitHashKey\` must be a decimal number below 2^128, got: ${explicitHashKey}`);
  }
}
