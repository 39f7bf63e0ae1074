import { Facts } from '../../../lib/facts';

/** Limits of a broker as Kafka sets them where nobody sets others. */
export interface KafkaLimits {
  /** Of the largest batch of records. */
  readonly batchBytes: number;
  /** Of the largest request. */
  readonly requestBytes: number;
  /** Bounds of a member's session, in milliseconds. */
  readonly sessionMilliseconds: { readonly least: number; readonly most: number };
}

/** Limits of Apache Kafka. */
export function kafkaLimits(): KafkaLimits {
  const facts = Facts.DEFAULT;
  return {
    batchBytes: facts.number('kafka/batch.maxBytes'),
    requestBytes: facts.number('kafka/request.maxBytes'),
    sessionMilliseconds: { least: facts.number('kafka/session.minMs'), most: facts.number('kafka/session.maxMs') },
  };
}
