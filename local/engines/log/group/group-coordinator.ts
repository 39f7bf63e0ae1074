import type { Clock } from '../../../event-sources/clock';
import { ERROR, type ErrorCode } from '../protocol/error-codes';
import { ConsumerGroup, type GroupState } from './consumer-group';
import { type JoinRequest, joinRefused, type JoinResult, NO_GENERATION, type SyncRequest, syncRefused, type SyncResult } from './group-messages';
import { PartitionMap } from './partition-map';
import { subscribedTopics } from './subscription';

export interface GroupCoordinatorProps {
  readonly clock: Clock;
  readonly newMemberId: (clientId: string) => string;
  /** Bounds of what a member may say after how long without a word it is dead. */
  readonly sessionMilliseconds: { readonly least: number; readonly most: number };
}

/** What a group has kept of a partition: up to where it is done. */
export interface CommittedOffset {
  /** The first offset that is not done. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

interface Group {
  readonly consumers: ConsumerGroup;
  readonly committed: PartitionMap<CommittedOffset>;
  /** By partition, the offset behind the last record that a member was given. */
  readonly delivered: PartitionMap<number>;
  redelivered: number;
}

/** How a group stands. */
export interface GroupStanding {
  readonly name: string;
  readonly state: GroupState;
  readonly generation: number;
  /** Client ids of its members. */
  readonly members: readonly string[];
  /** Topics that its members read, or that it has committed of. */
  readonly topics: readonly string[];
  readonly recordsRedelivered: number;
}

/** The groups of an engine, with what they have committed. It knows no bytes and no connections, and takes the time from a clock. */
export class GroupCoordinator {
  private readonly groups = new Map<string, Group>();
  /** The group that a client is a member of: who fetches does not say. */
  private readonly groupOfClient = new Map<string, Group>();

  constructor(private readonly props: GroupCoordinatorProps) {}

  get standings(): readonly GroupStanding[] {
    return [...this.groups].map(([name, group]) => ({
      name,
      state: group.consumers.state,
      generation: group.consumers.generationId,
      members: group.consumers.allMembers.map(({ clientId }) => clientId),
      topics: topicsOf(group),
      recordsRedelivered: group.redelivered,
    }));
  }

  join(clientId: string, groupId: string, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const { least, most } = this.props.sessionMilliseconds;
    if (groupId === '') {
      answer(joinRefused(ERROR.INVALID_GROUP_ID, request.memberId));
    } else if (request.sessionTimeoutMs < least || request.sessionTimeoutMs > most) {
      answer(joinRefused(ERROR.INVALID_SESSION_TIMEOUT, request.memberId));
    } else if (request.memberId !== '' && !this.groups.has(groupId)) {
      answer(joinRefused(ERROR.UNKNOWN_MEMBER_ID, request.memberId));
    } else {
      const group = this.group(groupId);
      this.groupOfClient.set(clientId, group);
      group.consumers.join(clientId, request, answer);
    }
  }

  sync(groupId: string, request: SyncRequest, answer: (result: SyncResult) => void): void {
    const group = this.groups.get(groupId);
    if (group === undefined) {
      answer(syncRefused(ERROR.UNKNOWN_MEMBER_ID));
    } else {
      group.consumers.sync(request, answer);
    }
  }

  heartbeat(groupId: string, memberId: string, generationId: number, groupInstanceId?: string | null): ErrorCode {
    return this.groups.get(groupId)?.consumers.heartbeat(memberId, generationId, groupInstanceId) ?? ERROR.UNKNOWN_MEMBER_ID;
  }

  leave(groupId: string, memberId: string): ErrorCode {
    return this.groups.get(groupId)?.consumers.leave(memberId) ?? ERROR.UNKNOWN_MEMBER_ID;
  }

  /** Whether a member may commit now. A group that is not there yet comes to be when somebody commits who is no member. */
  commitRefusal(groupId: string, memberId: string, generationId: number, groupInstanceId?: string | null): ErrorCode {
    if (groupId === '') {
      return ERROR.INVALID_GROUP_ID;
    }
    if (!this.groups.has(groupId) && generationId !== NO_GENERATION) {
      return ERROR.GROUP_ID_NOT_FOUND;
    }
    return this.group(groupId).consumers.commitRefusal(memberId, generationId, groupInstanceId);
  }

  /** Keeps how far a partition is done. Asked for by `commitRefusal` before. */
  commit(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    this.group(groupId).committed.set(topic, partition, committed);
  }

  committed(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.groups.get(groupId)?.committed.get(topic, partition);
  }

  /** What a group has committed of: by topic, its partitions. */
  committedPartitions(groupId: string): readonly { readonly name: string; readonly partitions: readonly number[] }[] {
    const committed = this.groups.get(groupId)?.committed;
    return committed?.topics.map((name) => ({ name, partitions: committed.partitions(name) })) ?? [];
  }

  /** The offset of a partition that every group which reads the topic has passed; 0 where one has not, or nobody reads it. */
  passed(topic: string, partition: number): number {
    const readers = [...this.groups.values()].filter((group) => topicsOf(group).includes(topic));
    return readers.length === 0 ? 0 : Math.min(...readers.map(({ committed }) => committed.get(topic, partition)?.offset ?? 0));
  }

  /** Notes that a client was given records of a partition, so that it is known which were given again. */
  delivered(clientId: string, topic: string, partition: number, from: number, next: number): void {
    const group = this.groupOfClient.get(clientId);
    if (group !== undefined && next > from) {
      const before = group.delivered.get(topic, partition) ?? 0;
      group.redelivered += Math.max(0, Math.min(next, before) - from);
      group.delivered.set(topic, partition, Math.max(next, before));
    }
  }

  /** Takes nobody for dead until `resume`. */
  pause(): void {
    this.groups.forEach(({ consumers }) => consumers.pause());
  }

  resume(): void {
    this.groups.forEach(({ consumers }) => consumers.resume());
  }

  close(): void {
    this.groups.forEach(({ consumers }) => consumers.close());
  }

  private group(name: string): Group {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = { consumers: new ConsumerGroup(this.props), committed: new PartitionMap(), delivered: new PartitionMap(), redelivered: 0 };
      this.groups.set(name, group);
    }
    return group;
  }
}

function topicsOf({ committed, consumers }: Group): readonly string[] {
  const read = consumers.allMembers.flatMap(({ protocols }) => protocols.flatMap(({ metadata }) => subscribedTopics(metadata)));
  return [...new Set([...committed.topics, ...read])];
}
