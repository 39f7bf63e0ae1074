import type { KinesisStreamRecord } from 'aws-lambda';
import { deaggregate } from '../aggregate/kpl-aggregate';
import type { MovementRecord, StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { decodePaymentRecord, UndecodableRecordError } from '../payment/payment-codec';
import { shapeDefect } from './record-shape';

/** Where a record of the payment stream lies in a batch. */
export interface Place {
  /** Position of its stream record in the batch. */
  readonly record: number;
  /** Position inside that record; 0 in one that is not aggregated. */
  readonly index: number;
  /** Its bytes as they came. */
  readonly data: Uint8Array;
}

export interface Placed<Kind extends StreamRecord = StreamRecord> extends Place {
  readonly content: Kind;
}

/** Bytes that are no record that could take effect. */
export interface Poison extends Place {
  readonly reason: string;
  /** Set when the bytes could be read but not accepted. */
  readonly content?: StreamRecord;
}

/** A batch of stream records, unpacked. Each list is in the order of the stream. */
export interface DecodedBatch {
  readonly payments: readonly Placed<PaymentRecord>[];
  readonly holds: readonly Placed<MovementRecord>[];
  /** What draws on another row: refunds, releases and settles. */
  readonly draws: readonly Placed[];
  readonly poison: readonly Poison[];
}

/** Unpacks aggregated records, decodes what is in them and checks its shape. Nothing is left out: what can never take effect is poison. */
export function decodeBatch(records: readonly KinesisStreamRecord[]): DecodedBatch {
  const payments: Placed<PaymentRecord>[] = [];
  const holds: Placed<MovementRecord>[] = [];
  const draws: Placed[] = [];
  const poison: Poison[] = [];
  for (let record = 0; record < records.length; record++) {
    const { data: base64, partitionKey } = records[record].kinesis;
    const userRecords = deaggregate(Buffer.from(base64, 'base64'), partitionKey);
    for (let index = 0; index < userRecords.length; index++) {
      const { data } = userRecords[index];
      let content: StreamRecord;
      try {
        content = decodePaymentRecord(data);
      } catch (error) {
        if (!(error instanceof UndecodableRecordError)) {
          throw error;
        }
        poison.push({ record, index, data, reason: error.reason });
        continue;
      }
      const reason = shapeDefect(content);
      if (reason !== undefined) {
        poison.push({ record, index, data, reason, content });
      } else if (content.type === 'payment') {
        payments.push({ record, index, data, content });
      } else if (content.type === 'hold') {
        holds.push({ record, index, data, content });
      } else {
        draws.push({ record, index, data, content });
      }
    }
  }
  return { payments, holds, draws, poison };
}
