import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { ParkedSource, Parking } from '../parking/parking';
import type { StreamRecord } from '../payment/movement';
import type { Clock } from '../retry/clock';

/** Name of the format that payment records are read with, kept with what is parked. */
export const RECORD_SCHEMA = 'payment.v1.Payment';

export interface ParkRecordPorts {
  readonly parking: Pick<Parking, 'park'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A record that can never take effect. */
export interface UnsettleableRecord {
  /** Why. Never holds a value of the record. */
  readonly reason: string;
  readonly payload: Uint8Array;
  readonly source: ParkedSource;
  /** Set when the bytes could be read and name something. */
  readonly content?: Pick<StreamRecord, 'merchantId' | 'idempotencyKey'>;
  /** Format that the bytes were read with. @default payment.v1.Payment */
  readonly schema?: string;
}

/** Puts a record aside. Never throws. @returns false when it could not be stored: then it must be delivered again */
export async function parkRecord(
  ports: Pick<ParkRecordPorts, 'parking' | 'clock'> & Partial<ParkRecordPorts>, { content, schema = RECORD_SCHEMA, ...record }: UnsettleableRecord,
): Promise<boolean> {
  try {
    await ports.parking.park({
      ...(content === undefined ? undefined : { merchantId: content.merchantId, idempotencyKey: content.idempotencyKey }),
      ...record,
      schema,
      parkedAt: ports.clock.now(),
    });
    ports.metrics?.count('RecordsParked');
    ports.logger?.sample('warn', 'a record was parked', { reason: record.reason });
    return true;
  } catch (error) {
    ports.logger?.sample('error', 'a record could not be parked', { error });
    return false;
  }
}
