import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { PermanentError } from '../runtime/batch/batch-errors';
import { countOutcome } from '../runtime/batch/outcome-metrics';
import { type ParkRecordPorts, RECORD_SCHEMA } from '../runtime/batch/park-record';
import { shapeDefect } from '../runtime/batch/record-shape';
import { type KinesisSource, kinesisSource } from '../runtime/batch/sources/kinesis-source';
import type { Ledger } from '../runtime/ledger/ledger';
import { encodePaymentRecord } from '../runtime/payment/payment-codec';
import { DECISION_SCHEMA, holdOf } from './decision';

export interface FraudWorkerPorts extends ParkRecordPorts {
  readonly ledger: Pick<Ledger, 'applyHolds'>;
}

export type FraudWorkerHandler = BatchHandler<KinesisSource>;

/**
 * Turns decisions of the fraud rules into holds. Its event source mapping must report batch item failures. A decision that comes again, from
 * the stream or from the rules, asks for the same hold and has no further effect.
 */
export function createFraudWorkerHandler({ clock, ledger, logger, metrics, parking }: FraudWorkerPorts): FraudWorkerHandler {
  return new BatchProcessor({
    source: kinesisSource({ aggregated: false }),
    decode: holdOf,
    metrics,
    logger,
    clock,
    failureMessage: 'a hold could not be set',
    park: {
      parking,
      schema: DECISION_SCHEMA,
      // A hold is kept as it would have come in the payment stream, so that it can be put there; what is no decision is kept as it came.
      form: (hold) => (
        { merchantId: hold.merchantId, idempotencyKey: hold.idempotencyKey, payload: encodePaymentRecord(hold), schema: RECORD_SCHEMA }
      ),
    },
    bulkEffect: async (items, { deadline }) => {
      const defects = items.map(({ content }) => shapeDefect(content));
      const holds = items.filter((_, index) => defects[index] === undefined).map(({ content }) => content);
      const outcomes = holds.length === 0 ? [] : await ledger.applyHolds(holds, { deadline });
      let next = 0;
      return items.map(({ content }, index) => {
        const defect = defects[index];
        if (defect !== undefined) {
          return new PermanentError(defect);
        }
        const outcome = outcomes[next++];
        countOutcome(metrics, content, outcome);
        switch (outcome.kind) {
          case 'impossible':
            return new PermanentError(outcome.reason);
          case 'unavailable':
            return new Error('the ledger is unavailable', { cause: outcome.error });
          case 'duplicate':
            // The same decision always asks for the same hold: it is a client that took the key, and the money must not go free for that.
            return outcome.conflict ? new PermanentError('another record has its key') : undefined;
          default:
            return undefined;
        }
      });
    },
  }).handler;
}
