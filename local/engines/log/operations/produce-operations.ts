import type { PartitionLog } from '../partition/partition-log';
import type { Topics } from '../partition/topics';
import { ERROR } from '../protocol/error-codes';
import type { ResponseOf } from '../protocol/messages';
import type { Operations } from './caller';
import type { WaitingFetches } from './waiting-fetches';

type ProducedPartition = ResponseOf<'Produce'>['topics'][number]['partitions'][number];

/** What an offset, a time, a producer and an epoch are where there is none. */
const NONE = -1;

/** Answers that a producer may ask for: of none, of the leader, of all that are in step. Here they are one. */
const ACKNOWLEDGEMENTS: ReadonlySet<number> = new Set([0, 1, -1]);

export interface ProduceOperationsProps {
  readonly topics: Topics;
  readonly waiting: WaitingFetches;
}

/** Writing. Transactions there are none: who asks for one is refused. */
export function produceOperations({ topics, waiting }: ProduceOperationsProps): Operations<'Produce' | 'InitProducerId'> {
  let nextProducerId = 0;
  return {
    Produce: ({ acks, topics: sent, transactionalId }, _caller, answer) => {
      const grown = new Set<PartitionLog>();
      const refusal = transactionalId !== null ? ERROR.INVALID_REQUEST : ACKNOWLEDGEMENTS.has(acks) ? undefined : ERROR.INVALID_REQUIRED_ACKS;
      const store = (name: string, index: number, batch: Buffer): ProducedPartition => {
        const log = topics.named(name)?.partitions[index];
        if (refusal !== undefined || log === undefined) {
          return refused(index, refusal ?? ERROR.UNKNOWN_TOPIC_OR_PARTITION);
        }
        const before = log.logEnd;
        const appended = log.append(batch);
        if (log.logEnd > before) {
          grown.add(log);
        }
        return appended.errorCode === ERROR.NONE
          ? { ...refused(index, ERROR.NONE), baseOffset: appended.baseOffset, logStartOffset: log.logStart }
          : refused(index, appended.errorCode);
      };
      const answered = sent.map(({ name, partitions }) => (
        { name, partitions: partitions.map(({ index, records }) => store(name, index, records[0])) }
      ));
      answer({ topics: answered, throttleTimeMs: 0 });
      waiting.grown(grown);
    },
    InitProducerId: ({ transactionalId }, _caller, answer) => {
      const isRefused = transactionalId !== null;
      answer({
        throttleTimeMs: 0,
        errorCode: isRefused ? ERROR.INVALID_REQUEST : ERROR.NONE,
        producerId: isRefused ? NONE : nextProducerId++,
        producerEpoch: isRefused ? NONE : 0,
      });
    },
  };
}

function refused(index: number, errorCode: number): ProducedPartition {
  return { index, errorCode, baseOffset: NONE, logAppendTimeMs: NONE, logStartOffset: NONE, recordErrors: [], errorMessage: null };
}
