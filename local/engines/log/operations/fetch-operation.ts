import type { GroupCoordinator } from '../group/group-coordinator';
import type { PartitionLog } from '../partition/partition-log';
import type { Topic, Topics } from '../partition/topics';
import { ERROR } from '../protocol/error-codes';
import type { RequestOf, ResponseOf } from '../protocol/messages';
import type { Operations } from './caller';
import type { WaitingFetches } from './waiting-fetches';

type FetchedTopic = ResponseOf<'Fetch'>['topics'][number];
type FetchedPartition = FetchedTopic['partitions'][number];
type AskedPartition = RequestOf<'Fetch'>['topics'][number]['partitions'][number];

/** Any replica may be read, and there is one. */
const NO_PREFERENCE = -1;

/** What an offset is where there is none. */
const NO_OFFSET = -1;

/** What a fetch comes to at one moment. */
interface Fetched {
  readonly topics: readonly FetchedTopic[];
  readonly bytes: number;
  /** Whether something is wrong, which nobody waits for to become better. */
  readonly hasError: boolean;
  /** What is given, for the group of who asked. */
  readonly delivered: readonly { readonly topic: string; readonly partition: number; readonly from: number; readonly next: number }[];
}

export interface FetchOperationProps {
  readonly topics: Topics;
  readonly waiting: WaitingFetches;
  readonly coordinator: GroupCoordinator;
}

/**
 * Reading: whole batches as they lie in the log, up to so many bytes a partition and in all, the first batch whatever it has; where there is less
 * than is asked for at least, it waits. There are no fetch sessions: each fetch names all its partitions, as clients must be able to. See KIP-227.
 */
export function fetchOperation({ coordinator, topics, waiting }: FetchOperationProps): Operations<'Fetch'> {
  return {
    Fetch: (request, caller, answer) => {
      const give = ({ delivered, topics: fetched }: Fetched): void => {
        if (!caller.isGone()) {
          delivered.forEach(({ from, next, partition, topic }) => coordinator.delivered(caller.clientId, topic, partition, from, next));
          answer(answerOf(fetched));
        }
      };
      if (request.sessionId !== 0) {
        answer({ ...answerOf([]), errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND });
        return;
      }
      const attempt = (): boolean => {
        const fetched = read(topics, request);
        const isOver = fetched.hasError || fetched.bytes >= request.minBytes || caller.isGone();
        if (isOver) {
          give(fetched);
        }
        return isOver;
      };
      if (request.maxWaitMs <= 0) {
        give(read(topics, request));
      } else if (!attempt()) {
        waiting.wait(logsOf(topics, request), request.maxWaitMs, attempt, () => give(read(topics, request)));
      }
    },
  };
}

function answerOf(topics: readonly FetchedTopic[]): ResponseOf<'Fetch'> {
  return { throttleTimeMs: 0, errorCode: ERROR.NONE, sessionId: 0, topics };
}

function logsOf(topics: Topics, request: RequestOf<'Fetch'>): PartitionLog[] {
  return request.topics.flatMap(({ partitions, topicId }) => {
    const topic = topics.withId(topicId);
    return topic === undefined ? [] : partitions.flatMap(({ index }) => topic.partitions[index] ?? []);
  });
}

function read(topics: Topics, request: RequestOf<'Fetch'>): Fetched {
  const delivered: Fetched['delivered'][number][] = [];
  let [bytes, hasError] = [0, false];
  const answered = request.topics.map(({ partitions, topicId }) => {
    const topic = topics.withId(topicId);
    return {
      topicId,
      partitions: partitions.map((asked) => {
        const { fetched, length, next } = readPartition(topic, asked, request.maxBytes - bytes, bytes === 0);
        bytes += length;
        hasError ||= fetched.errorCode !== ERROR.NONE;
        if (length > 0) {
          delivered.push({ topic: topic!.name, partition: asked.index, from: asked.fetchOffset, next });
        }
        return fetched;
      }),
    };
  });
  return { topics: answered, bytes, hasError, delivered };
}

function readPartition(
  topic: Topic | undefined, { fetchOffset, index, maxBytes }: AskedPartition, bytesLeft: number, isFirst: boolean,
): { fetched: FetchedPartition; length: number; next: number } {
  const log = topic?.partitions[index];
  const refused = (errorCode: number): { fetched: FetchedPartition; length: number; next: number } => (
    { fetched: partitionOf(index, errorCode, log), length: 0, next: fetchOffset }
  );
  if (log === undefined) {
    return refused(topic === undefined ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION);
  }
  if (!log.holds(fetchOffset)) {
    return refused(ERROR.OFFSET_OUT_OF_RANGE);
  }
  const { bytes, next, pieces } = log.read(fetchOffset, Math.max(0, Math.min(maxBytes, bytesLeft)), isFirst);
  return { fetched: { ...partitionOf(index, ERROR.NONE, log), records: pieces }, length: bytes, next };
}

function partitionOf(index: number, errorCode: number, log: PartitionLog | undefined): FetchedPartition {
  const logEnd = log?.logEnd ?? NO_OFFSET;
  return {
    index,
    errorCode,
    highWatermark: logEnd,
    // Without transactions nothing waits for its end.
    lastStableOffset: logEnd,
    logStartOffset: log?.logStart ?? NO_OFFSET,
    abortedTransactions: [],
    preferredReadReplica: NO_PREFERENCE,
    records: [],
  };
}
