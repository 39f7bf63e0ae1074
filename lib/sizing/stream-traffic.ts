import { Facts } from '../facts';
import { PayloadSize, Workload } from '../workload';
import { expectedUnits } from './expected-units';
import { AGGREGATE_FRAME_BYTES, PARTITION_KEY_BYTES, aggregateOverheadBytes, paymentLayout, recordBytes } from './payment-layout';

/** What packed records of a rate of payments amount to. */
export interface StreamTraffic {
  readonly recordsPerSecond: number;
  /** Bytes written a second, partition keys included. */
  readonly bytesPerSecond: number;
  /** Mean bytes of a record, its partition key included. */
  readonly bytesPerRecord: number;
}

/** Bytes that a payment takes in a record with others. */
export function packedBytes(recordBytes: number): number {
  return recordBytes + aggregateOverheadBytes(recordBytes);
}

/** The records that a rate of payments makes when each carries so many of them. */
export function packedTraffic(workload: Workload, facts: Facts, paymentsPerSecond: number, paymentsPerRecord: number): StreamTraffic {
  const bytesPerPayment = packedBytes(recordBytes(workload.payloadSize, paymentLayout(facts)));
  const bytesPerRecord = paymentsPerRecord * bytesPerPayment + AGGREGATE_FRAME_BYTES + PARTITION_KEY_BYTES;
  const recordsPerSecond = paymentsPerSecond / paymentsPerRecord;
  return { recordsPerSecond, bytesPerSecond: recordsPerSecond * bytesPerRecord, bytesPerRecord };
}

/**
 * Mean units of a record when each record is rounded up by itself. A record of one payment has the distribution of payloads; one of many is as
 * likely to end anywhere within a unit, so that half a unit is lost on it.
 */
export function roundedUnits(payload: PayloadSize, paymentsPerRecord: number, bytesPerRecord: number, unitBytes: number): number {
  return paymentsPerRecord < 2
    ? expectedUnits(payload, bytesPerRecord - payload.meanBytes, 1, unitBytes)
    : Math.max(1, bytesPerRecord / unitBytes + 0.5);
}
