import { LEADER_EPOCH, type PartitionLog } from '../partition/partition-log';
import type { Topic, Topics } from '../partition/topics';
import { ERROR } from '../protocol/error-codes';
import { type ResponseOf, SPOKEN } from '../protocol/messages';
import type { Operations } from './caller';
import { CLUSTER_ID, HOST, NODE_ID } from './node';

type DescribedTopic = ResponseOf<'Metadata'>['topics'][number];
type ListedPartition = ResponseOf<'ListOffsets'>['topics'][number]['partitions'][number];

/** What a client asks for in place of a time. See https://kafka.apache.org/protocol#The_Messages_ListOffsets. */
const OLDEST = -2;
const NEXT = -1;

const NONE = -1;

const NO_TOPIC_ID = '0'.repeat(32);

/** The rights of a client were not looked at. */
const RIGHTS_NOT_ASKED = -0x8000_0000;

export interface TopicOperationsProps {
  readonly topics: Topics;
  readonly port: () => number;
}

/** What there is, and where. */
export function topicOperations({ port, topics }: TopicOperationsProps): Operations<'ApiVersions' | 'Metadata' | 'ListOffsets'> {
  return {
    ApiVersions: (_request, _caller, answer) => answer({ errorCode: ERROR.NONE, apiKeys: SPOKEN, throttleTimeMs: 0 }),
    Metadata: ({ topics: asked }, _caller, answer) => answer({
      throttleTimeMs: 0,
      brokers: [{ nodeId: NODE_ID, host: HOST, port: port(), rack: null }],
      clusterId: CLUSTER_ID,
      controllerId: NODE_ID,
      topics: asked === null
        ? topics.all.map(described)
        : asked.map(({ name, topicId }) => {
          const topic = name === null ? topics.withId(topicId) : topics.named(name);
          return topic === undefined ? unknown(name, topicId) : described(topic);
        }),
    }),
    ListOffsets: ({ topics: asked }, _caller, answer) => answer({
      throttleTimeMs: 0,
      topics: asked.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ index, timestamp }) => listed(index, timestamp, topics.named(name)?.partitions[index])),
      })),
    }),
  };
}

function described({ id, name, partitions }: Topic): DescribedTopic {
  return {
    errorCode: ERROR.NONE,
    name,
    topicId: id,
    isInternal: false,
    partitions: partitions.map(({ index }) => ({
      errorCode: ERROR.NONE,
      index,
      leaderId: NODE_ID,
      leaderEpoch: LEADER_EPOCH,
      replicaNodes: [NODE_ID],
      isrNodes: [NODE_ID],
      offlineReplicas: [],
    })),
    authorizedOperations: RIGHTS_NOT_ASKED,
  };
}

function unknown(name: string | null, topicId: string): DescribedTopic {
  return {
    errorCode: name === null ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    topicId: name === null ? topicId : NO_TOPIC_ID,
    isInternal: false,
    partitions: [],
    authorizedOperations: RIGHTS_NOT_ASKED,
  };
}

/** The oldest offset or the next one; batches are not looked through for a time. */
function listed(index: number, timestamp: number, log: PartitionLog | undefined): ListedPartition {
  const none = { index, timestamp: NONE, offset: NONE, leaderEpoch: NONE };
  if (log === undefined) {
    return { ...none, errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION };
  }
  if (timestamp !== OLDEST && timestamp !== NEXT) {
    return { ...none, errorCode: ERROR.UNSUPPORTED_FOR_MESSAGE_FORMAT };
  }
  return { ...none, errorCode: ERROR.NONE, offset: timestamp === OLDEST ? log.logStart : log.logEnd, leaderEpoch: LEADER_EPOCH };
}
