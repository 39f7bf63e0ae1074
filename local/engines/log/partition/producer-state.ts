import { ERROR } from '../protocol/error-codes';
import { type BatchHeader, NO_PRODUCER } from './record-batch';

/** Batches of a producer that are known again when they come once more: as many as a client may have under way. See KIP-98. */
const REMEMBERED_BATCHES = 5;

/** Numbers of records begin with 0 again behind this one. */
const LAST_SEQUENCE = 0x7fffffff;

interface RememberedBatch {
  readonly first: number;
  readonly last: number;
  readonly offset: number;
}

interface ProducerEntry {
  epoch: number;
  batches: RememberedBatch[];
}

/** What is to become of a batch. */
export type SequenceVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly offset: number }
  | { readonly kind: 'refused'; readonly errorCode: typeof ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER | typeof ERROR.INVALID_PRODUCER_EPOCH };

const APPEND: SequenceVerdict = { kind: 'append' };

/** The numbers that idempotent producers gave the records of a partition: what was stored once is not stored again. */
export class ProducerState {
  private readonly producers = new Map<number, ProducerEntry>();

  /** Whether a batch follows the last one of its producer. A producer that is not known may begin with any number, as one that was forgotten. */
  judge({ baseSequence, producerEpoch, producerId, records }: BatchHeader): SequenceVerdict {
    const entry = producerId === NO_PRODUCER ? undefined : this.producers.get(producerId);
    if (entry === undefined) {
      return APPEND;
    }
    if (producerEpoch < entry.epoch) {
      return { kind: 'refused', errorCode: ERROR.INVALID_PRODUCER_EPOCH };
    }
    if (producerEpoch > entry.epoch) {
      return baseSequence === 0 ? APPEND : { kind: 'refused', errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER };
    }
    const last = lastSequence(baseSequence, records);
    const known = entry.batches.find((batch) => batch.first === baseSequence && batch.last === last);
    if (known !== undefined) {
      return { kind: 'duplicate', offset: known.offset };
    }
    return baseSequence === follower(entry.batches[entry.batches.length - 1].last)
      ? APPEND
      : { kind: 'refused', errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER };
  }

  /** Remembers a batch that was stored. */
  remember({ baseSequence, producerEpoch, producerId, records }: BatchHeader, offset: number): void {
    if (producerId === NO_PRODUCER) {
      return;
    }
    const batch = { first: baseSequence, last: lastSequence(baseSequence, records), offset };
    const entry = this.producers.get(producerId);
    if (entry === undefined || entry.epoch !== producerEpoch) {
      this.producers.set(producerId, { epoch: producerEpoch, batches: [batch] });
      return;
    }
    entry.batches.push(batch);
    if (entry.batches.length > REMEMBERED_BATCHES) {
      entry.batches.shift();
    }
  }
}

function lastSequence(first: number, records: number): number {
  return (first + records - 1) % (LAST_SEQUENCE + 1);
}

function follower(sequence: number): number {
  return sequence === LAST_SEQUENCE ? 0 : sequence + 1;
}
