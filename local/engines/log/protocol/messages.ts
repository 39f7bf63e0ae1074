import {
  array, boolean, bytes, type Field, int16, int32, int64, int8, longArray, nullableArray, nullableText, plain, records, struct, text, uuid,
  type ValueOf,
} from './fields';

/**
 * The calls that this engine answers: what their request and their answer hold, in the one version that each is spoken in, which is the newest that
 * the client of this kit knows. Names and order are those of https://kafka.apache.org/protocol#protocol_messages.
 */
export const API = {
  Produce: api(0, 11, {
    transactionalId: nullableText,
    acks: int16,
    timeoutMs: int32,
    topics: array(struct({ name: text, partitions: array(struct({ index: int32, records })) })),
  }, {
    topics: array(struct({
      name: text,
      partitions: array(struct({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        logAppendTimeMs: int64,
        logStartOffset: int64,
        recordErrors: array(struct({ batchIndex: int32, message: nullableText })),
        errorMessage: nullableText,
      })),
    })),
    throttleTimeMs: int32,
  }),
  Fetch: api(1, 17, {
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    isolationLevel: int8,
    sessionId: int32,
    sessionEpoch: int32,
    topics: array(struct({
      topicId: uuid,
      partitions: array(struct({
        index: int32,
        currentLeaderEpoch: int32,
        fetchOffset: int64,
        lastFetchedEpoch: int32,
        logStartOffset: int64,
        maxBytes: int32,
      })),
    })),
    forgottenTopics: array(struct({ topicId: uuid, partitions: array(int32) })),
    rackId: text,
  }, {
    throttleTimeMs: int32,
    errorCode: int16,
    sessionId: int32,
    topics: array(struct({
      topicId: uuid,
      partitions: array(struct({
        index: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: int64,
        logStartOffset: int64,
        abortedTransactions: array(struct({ producerId: int64, firstOffset: int64 })),
        preferredReadReplica: int32,
        records,
      })),
    })),
  }),
  ListOffsets: api(2, 9, {
    replicaId: int32,
    isolationLevel: int8,
    topics: array(struct({ name: text, partitions: array(struct({ index: int32, currentLeaderEpoch: int32, timestamp: int64 })) })),
  }, {
    throttleTimeMs: int32,
    topics: array(struct({
      name: text,
      partitions: array(struct({ index: int32, errorCode: int16, timestamp: int64, offset: int64, leaderEpoch: int32 })),
    })),
  }),
  Metadata: api(3, 12, {
    topics: nullableArray(struct({ topicId: uuid, name: nullableText })),
    allowAutoTopicCreation: boolean,
    includeTopicAuthorizedOperations: boolean,
  }, {
    throttleTimeMs: int32,
    brokers: array(struct({ nodeId: int32, host: text, port: int32, rack: nullableText })),
    clusterId: nullableText,
    controllerId: int32,
    topics: array(struct({
      errorCode: int16,
      name: nullableText,
      topicId: uuid,
      isInternal: boolean,
      partitions: array(struct({
        errorCode: int16,
        index: int32,
        leaderId: int32,
        leaderEpoch: int32,
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: array(int32),
      })),
      authorizedOperations: int32,
    })),
  }),
  OffsetCommit: api(8, 9, {
    groupId: text,
    generationId: int32,
    memberId: text,
    groupInstanceId: nullableText,
    topics: array(struct({
      name: text,
      partitions: array(struct({ index: int32, committedOffset: int64, committedLeaderEpoch: int32, metadata: nullableText })),
    })),
  }, {
    throttleTimeMs: int32,
    topics: array(struct({ name: text, partitions: array(struct({ index: int32, errorCode: int16 })) })),
  }),
  OffsetFetch: api(9, 9, {
    groups: array(struct({
      groupId: text,
      memberId: nullableText,
      memberEpoch: int32,
      topics: nullableArray(struct({ name: text, partitions: array(int32) })),
    })),
    requireStable: boolean,
  }, {
    throttleTimeMs: int32,
    groups: array(struct({
      groupId: text,
      topics: array(struct({
        name: text,
        partitions: array(struct({ index: int32, committedOffset: int64, committedLeaderEpoch: int32, metadata: nullableText, errorCode: int16 })),
      })),
      errorCode: int16,
    })),
  }),
  FindCoordinator: api(10, 6, { keyType: int8, keys: array(text) }, {
    throttleTimeMs: int32,
    coordinators: array(struct({ key: text, nodeId: int32, host: text, port: int32, errorCode: int16, errorMessage: nullableText })),
  }),
  JoinGroup: api(11, 9, {
    groupId: text,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32,
    memberId: text,
    groupInstanceId: nullableText,
    protocolType: text,
    protocols: array(struct({ name: text, metadata: bytes })),
    reason: nullableText,
  }, {
    throttleTimeMs: int32,
    errorCode: int16,
    generationId: int32,
    protocolType: nullableText,
    protocolName: nullableText,
    leader: text,
    skipAssignment: boolean,
    memberId: text,
    members: array(struct({ memberId: text, groupInstanceId: nullableText, metadata: bytes })),
  }),
  Heartbeat: api(12, 4, { groupId: text, generationId: int32, memberId: text, groupInstanceId: nullableText }, {
    throttleTimeMs: int32,
    errorCode: int16,
  }),
  LeaveGroup: api(13, 5, {
    groupId: text,
    members: array(struct({ memberId: text, groupInstanceId: nullableText, reason: nullableText })),
  }, {
    throttleTimeMs: int32,
    errorCode: int16,
    members: array(struct({ memberId: text, groupInstanceId: nullableText, errorCode: int16 })),
  }),
  SyncGroup: api(14, 5, {
    groupId: text,
    generationId: int32,
    memberId: text,
    groupInstanceId: nullableText,
    protocolType: nullableText,
    protocolName: nullableText,
    assignments: array(struct({ memberId: text, assignment: bytes })),
  }, {
    throttleTimeMs: int32,
    errorCode: int16,
    protocolType: nullableText,
    protocolName: nullableText,
    assignment: bytes,
  }),
  ApiVersions: api(18, 3, { clientSoftwareName: text, clientSoftwareVersion: text }, {
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: int32,
  }),
  InitProducerId: api(22, 5, { transactionalId: nullableText, transactionTimeoutMs: int32, producerId: int64, producerEpoch: int16 }, {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64,
    producerEpoch: int16,
  }),
};

export type ApiName = keyof typeof API;
export type RequestOf<Name extends ApiName> = ValueOf<(typeof API)[Name]['request']>;
export type ResponseOf<Name extends ApiName> = ValueOf<(typeof API)[Name]['response']>;

/** What the engine speaks, as it tells clients. */
export const SPOKEN: ResponseOf<'ApiVersions'>['apiKeys'] = Object.values(API)
  .map(({ key, version }) => ({ apiKey: key, minVersion: version, maxVersion: version }));

/** The first version of the answer about versions, which every client can read: what is answered to a version that is not spoken. See KIP-511. */
export const FIRST_API_VERSIONS = plain({
  errorCode: int16,
  apiKeys: longArray(plain({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
});

type Fields = Readonly<Record<string, Field<unknown>>>;

function api<Request extends Fields, Response extends Fields>(key: number, version: number, request: Request, response: Response): {
  readonly key: number;
  readonly version: number;
  readonly request: ReturnType<typeof struct<Request>>;
  readonly response: ReturnType<typeof struct<Response>>;
} {
  return { key, version, request: struct(request), response: struct(response) };
}
