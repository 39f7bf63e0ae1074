import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import { countOutcome } from '../runtime/batch/outcome-metrics';
import { parkRecord, type ParkRecordPorts } from '../runtime/batch/park-record';
import { shapeDefect } from '../runtime/batch/record-shape';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import type { Ledger } from '../runtime/ledger/ledger';
import type { MovementRecord } from '../runtime/payment/movement';
import { encodePaymentRecord, UndecodableRecordError } from '../runtime/payment/payment-codec';
import { DECISION_SCHEMA, holdOf } from './decision';

export interface FraudWorkerPorts extends ParkRecordPorts {
  readonly ledger: Pick<Ledger, 'applyHolds'>;
}

export interface FraudWorkerOptions {
  /** Records under way to the parking table at once. @default 8 */
  readonly concurrency?: number;
}

export type FraudWorkerHandler = (event: KinesisStreamEvent, context: RemainingTime) => Promise<KinesisStreamBatchResponse>;

/** Why a hold is parked whose key somebody else has used. */
const KEY_TAKEN = 'another record has its key';

/** A decision that was read, and where it lies in the batch. */
interface PlacedHold {
  readonly record: number;
  readonly hold: MovementRecord;
}

/** What can never become a hold. */
interface Poison {
  readonly record: number;
  readonly reason: string;
  readonly hold?: MovementRecord;
}

/**
 * Turns decisions of the fraud rules into holds. Its event source mapping must report batch item failures.
 *
 * It names one failure at most, the lowest: a stream is delivered again from there on, whatever else was named. A decision that comes again,
 * from the stream or from the rules, asks for the same hold and has no further effect.
 */
export function createFraudWorkerHandler(ports: FraudWorkerPorts, options: FraudWorkerOptions = {}): FraudWorkerHandler {
  const { clock, ledger, logger, metrics } = ports;
  return async ({ Records: records }, context) => {
    const { holds, poison } = read(records);
    let end = records.length;
    const stopAt = (record: number): void => { end = Math.min(end, record); };

    if (holds.length > 0) {
      const outcomes = await ledger.applyHolds(holds.map(({ hold }) => hold), { deadline: invocationDeadline(context, clock.now()) });
      outcomes.forEach((outcome, index) => {
        const { record, hold } = holds[index];
        if (outcome.kind === 'impossible') {
          poison.push({ record, reason: outcome.reason, hold });
        } else if (outcome.kind === 'duplicate' && outcome.conflict) {
          // The same decision always asks for the same hold: it is a client that took the key, and the money must not go free for that.
          countOutcome(metrics, hold, outcome);
          poison.push({ record, reason: KEY_TAKEN, hold });
        } else if (outcome.kind === 'unavailable') {
          logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
          stopAt(record);
        } else {
          countOutcome(metrics, hold, outcome);
        }
      });
    }
    // What lies behind the end comes again, and is parked then.
    await forEachConcurrently(poison.filter(({ record }) => record < end), options.concurrency ?? 8, async (each) => {
      if (!(await park(ports, records[each.record], each))) {
        stopAt(each.record);
      }
    });
    metrics.count('RecordsLeftForRetry', records.length - end);
    metrics.flush();
    return { batchItemFailures: end === records.length ? [] : [{ itemIdentifier: records[end].kinesis.sequenceNumber }] };
  };
}

function read(records: readonly KinesisStreamRecord[]): { readonly holds: PlacedHold[]; readonly poison: Poison[] } {
  const holds: PlacedHold[] = [];
  const poison: Poison[] = [];
  records.forEach(({ kinesis }, record) => {
    let hold: MovementRecord;
    try {
      hold = holdOf(Buffer.from(kinesis.data, 'base64'));
    } catch (error) {
      if (!(error instanceof UndecodableRecordError)) {
        throw error;
      }
      poison.push({ record, reason: error.reason });
      return;
    }
    const reason = shapeDefect(hold);
    if (reason === undefined) {
      holds.push({ record, hold });
    } else {
      poison.push({ record, reason, hold });
    }
  });
  return { holds, poison };
}

/** A hold is kept as it would have come in the payment stream, so that it can be put there; what is no decision is kept as it came. */
function park(ports: FraudWorkerPorts, { eventID: eventId, kinesis }: KinesisStreamRecord, { hold, reason }: Poison): Promise<boolean> {
  // A Kinesis record names its shard only here: "shardId-000000000000:sequence number".
  const source = { shardId: eventId.split(':', 1)[0], sequenceNumber: kinesis.sequenceNumber, index: 0 };
  return parkRecord(ports, hold === undefined
    ? { reason, payload: Buffer.from(kinesis.data, 'base64'), source, schema: DECISION_SCHEMA }
    : { reason, payload: encodePaymentRecord(hold), source, content: hold });
}
