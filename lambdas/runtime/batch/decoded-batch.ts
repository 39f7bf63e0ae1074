import type { KinesisStreamRecord } from 'aws-lambda';
import { deaggregate } from '../aggregate/kpl-aggregate';
import type { PaymentRecord } from '../payment/payment';
import { decodePaymentRecord, UndecodableRecordError } from '../payment/payment-codec';
import { shapeDefect } from './record-shape';

/** Where a payment lies in a batch. */
export interface Place {
  /** Position of its stream record in the batch. */
  readonly record: number;
  /** Position inside that record; 0 in one that is not aggregated. */
  readonly index: number;
  /** Its bytes as they came. */
  readonly data: Uint8Array;
}

export interface PlacedPayment extends Place {
  readonly payment: PaymentRecord;
}

/** Bytes that are no payment. */
export interface Poison extends Place {
  readonly reason: string;
  /** Set when the bytes could be read but not accepted. */
  readonly payment?: PaymentRecord;
}

/** A batch of stream records, unpacked. Each list is in the order of the stream. */
export interface DecodedBatch {
  readonly payments: readonly PlacedPayment[];
  readonly refunds: readonly PlacedPayment[];
  readonly poison: readonly Poison[];
}

/** Unpacks aggregated records, decodes what is in them and checks its shape. Nothing is left out: what is no payment is poison. */
export function decodeBatch(records: readonly KinesisStreamRecord[]): DecodedBatch {
  const payments: PlacedPayment[] = [];
  const refunds: PlacedPayment[] = [];
  const poison: Poison[] = [];
  for (let record = 0; record < records.length; record++) {
    const { data: base64, partitionKey } = records[record].kinesis;
    const userRecords = deaggregate(Buffer.from(base64, 'base64'), partitionKey);
    for (let index = 0; index < userRecords.length; index++) {
      const { data } = userRecords[index];
      let payment: PaymentRecord;
      try {
        payment = decodePaymentRecord(data);
      } catch (error) {
        if (!(error instanceof UndecodableRecordError)) {
          throw error;
        }
        poison.push({ record, index, data, reason: error.reason });
        continue;
      }
      const reason = shapeDefect(payment);
      if (reason !== undefined) {
        poison.push({ record, index, data, reason, payment });
      } else if (payment.type === 'payment') {
        payments.push({ record, index, data, payment });
      } else {
        refunds.push({ record, index, data, payment });
      }
    }
  }
  return { payments, refunds, poison };
}
