import type { CommittedOffset, GroupCoordinator } from '../group/group-coordinator';
import type { Topics } from '../partition/topics';
import { ERROR } from '../protocol/error-codes';
import type { RequestOf, ResponseOf } from '../protocol/messages';
import type { Operations } from './caller';
import { HOST, NODE_ID } from './node';

type GroupCalls = 'FindCoordinator' | 'JoinGroup' | 'SyncGroup' | 'Heartbeat' | 'LeaveGroup' | 'OffsetCommit' | 'OffsetFetch';
type FetchedGroup = ResponseOf<'OffsetFetch'>['groups'][number];

/** Whose coordinator is asked for; transactions have none here. */
const OF_A_GROUP = 0;

/** What was committed where nothing was. */
const NOTHING: CommittedOffset = { offset: -1, leaderEpoch: -1, metadata: '' };

const NOBODY = { nodeId: -1, host: '', port: -1 };

export interface GroupOperationsProps {
  readonly coordinator: GroupCoordinator;
  readonly topics: Topics;
  readonly port: () => number;
}

/** Groups of consumers. */
export function groupOperations({ coordinator, port, topics }: GroupOperationsProps): Operations<GroupCalls> {
  return {
    FindCoordinator: ({ keyType, keys }, _caller, answer) => answer({
      throttleTimeMs: 0,
      coordinators: keys.map((key) => (keyType === OF_A_GROUP
        ? { key, nodeId: NODE_ID, host: HOST, port: port(), errorCode: ERROR.NONE, errorMessage: null }
        : { key, ...NOBODY, errorCode: ERROR.INVALID_REQUEST, errorMessage: 'there are no transactions' })),
    }),
    JoinGroup: ({ groupId, protocols, ...request }, { clientId }, answer) => coordinator.join(clientId, groupId, {
      ...request,
      // Copies: the group keeps them, and what came is a part of a request.
      protocols: protocols.map(({ metadata, name }) => ({ name, metadata: Buffer.from(metadata) })),
    }, (result) => answer({ ...result, throttleTimeMs: 0, protocolType: request.protocolType })),
    SyncGroup: ({ groupId, protocolType, ...request }, _caller, answer) => coordinator.sync(groupId, request, (result) => answer({
      ...result, throttleTimeMs: 0, protocolType, protocolName: request.protocolName,
    })),
    Heartbeat: ({ generationId, groupId, groupInstanceId, memberId }, _caller, answer) => answer({
      throttleTimeMs: 0, errorCode: coordinator.heartbeat(groupId, memberId, generationId, groupInstanceId),
    }),
    LeaveGroup: ({ groupId, members }, _caller, answer) => answer({
      throttleTimeMs: 0,
      errorCode: ERROR.NONE,
      members: members.map(({ groupInstanceId, memberId }) => ({ memberId, groupInstanceId, errorCode: coordinator.leave(groupId, memberId) })),
    }),
    OffsetCommit: (request, _caller, answer) => answer({ throttleTimeMs: 0, topics: commit(request, coordinator, topics) }),
    OffsetFetch: ({ groups }, _caller, answer) => answer({ throttleTimeMs: 0, groups: groups.map((group) => committed(group, coordinator)) }),
  };
}

/** Keeps offsets, and lets records go that all groups have passed. */
function commit(
  { generationId, groupId, groupInstanceId, memberId, topics: sent }: RequestOf<'OffsetCommit'>, coordinator: GroupCoordinator, topics: Topics,
): ResponseOf<'OffsetCommit'>['topics'] {
  const refusal = coordinator.commitRefusal(groupId, memberId, generationId, groupInstanceId);
  return sent.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ committedLeaderEpoch: leaderEpoch, committedOffset: offset, index, metadata }) => {
      const log = topics.named(name)?.partitions[index];
      if (refusal !== ERROR.NONE || log === undefined) {
        return { index, errorCode: refusal !== ERROR.NONE ? refusal : ERROR.UNKNOWN_TOPIC_OR_PARTITION };
      }
      coordinator.commit(groupId, name, index, { offset, leaderEpoch, metadata });
      if (log.isOverfull) {
        log.trim(coordinator.passed(name, index));
      }
      return { index, errorCode: ERROR.NONE };
    }),
  }));
}

function committed({ groupId, topics }: RequestOf<'OffsetFetch'>['groups'][number], coordinator: GroupCoordinator): FetchedGroup {
  const asked = topics ?? coordinator.committedPartitions(groupId);
  return {
    groupId,
    topics: asked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((index) => {
        const { leaderEpoch, metadata, offset } = coordinator.committed(groupId, name, index) ?? NOTHING;
        return { index, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: ERROR.NONE };
      }),
    })),
    errorCode: ERROR.NONE,
  };
}
