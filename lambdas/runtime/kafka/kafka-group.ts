import type { Consumer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };
import { requireWholeNumber } from '../configuration/option-rules';
import { within } from '../retry/within';
import { type GroupRound, KafkaCommitter } from './kafka-committer';
import { asError, clientOptions, isKafkaError, kafkaClient, type KafkaConnectionOptions } from './kafka-connection';
import { KafkaReader } from './kafka-reader';
import type { FetchedRecords, FetchOptions, FetchPosition, Membership, MembershipListener, RecordLogGroup } from './record-log';

export interface KafkaGroupOptions extends KafkaConnectionOptions {
  /** An existing topic. */
  readonly topic: string;
  /** Name of the group. */
  readonly group: string;
  /** After so long without a word a member is taken for dead, in milliseconds, from 6000 on: what brokers take by default. @default 10000 */
  readonly sessionMilliseconds?: number;
  /**
   * Name of this member that it keeps across restarts of its process, and that no other has at the same time: that of the pod. Who comes back under
   * it within the session goes on with its partitions, and nobody else notices (static membership, KIP-345); otherwise all wait for the one that died
   * until its session is over. @default - a member that is new after each start
   */
  readonly instance?: string;
  /** How often a member gives a word, in milliseconds: so long it takes to hear that the group is dealt out anew. @default 500 */
  readonly heartbeatMilliseconds?: number;
}

/** How long a broker is told that a member leaves, in milliseconds. One that hears nothing finds out by itself, once the session is over. */
const LEAVE_MILLISECONDS = 5_000;

/**
 * A broker answers who joins when all other members have joined or are taken for dead, which takes a session at most. So long beyond it is waited for
 * the answer, in milliseconds, as the client of Apache Kafka does (`JOIN_GROUP_TIMEOUT_LAPSE`).
 */
const JOIN_MILLISECONDS = 5_000;

/** A coordinator that is none any more. The client asks for the coordinator once: only a new one asks again. */
const COORDINATOR_MOVED = ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'];

/**
 * A consumer group of Apache Kafka, by the classic protocol, as the client has it: all partitions are dealt out anew when a member comes or goes
 * (the eager protocol, in turn by partition). Members that keep a partition go on with it; it is not cooperative rebalancing. A member with a name of
 * its own (`instance`) may be started again without that.
 */
export class KafkaGroup implements RecordLogGroup {
  private readonly sessionMilliseconds: number;
  private readonly heartbeatMilliseconds: number;
  /**
   * Names of members that could not tell that they leave. A group waits for such a one until its session is over before it deals anything out; so who
   * joins next goes on under its name. A name that is not known any more is given up by the client.
   */
  private readonly abandoned: string[] = [];

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: KafkaGroupOptions) {
    const { heartbeatMilliseconds = 500, sessionMilliseconds = 10_000 } = options;
    clientOptions(options);
    requireWholeNumber('sessionMilliseconds', sessionMilliseconds, 6_000);
    requireWholeNumber('heartbeatMilliseconds', heartbeatMilliseconds, 1, Math.floor(sessionMilliseconds / 3));
    this.sessionMilliseconds = sessionMilliseconds;
    this.heartbeatMilliseconds = heartbeatMilliseconds;
  }

  public async join(listener: MembershipListener): Promise<Membership> {
    const { group: groupId, instance, topic } = this.options;
    const { Consumer } = await kafkaClient();
    const base = { ...clientOptions(this.options), groupId, autocommit: false, retries: 1, retryDelay: 200 };
    const member = new Consumer({
      ...base, requestTimeout: Math.max(base.requestTimeout!, this.sessionMilliseconds + JOIN_MILLISECONDS),
      ...(instance !== undefined && { groupInstanceId: instance }),
    });
    const reader = new KafkaReader(new Consumer(base), topic);
    const committer = new KafkaCommitter(new Consumer({ ...base, retries: 0 }), topic);
    member.memberId = this.abandoned.pop() ?? null;
    const membership = new KafkaMembership(member, committer, reader, listener, topic, (memberId) => this.abandoned.push(memberId));
    try {
      await membership.join({
        sessionTimeout: this.sessionMilliseconds, rebalanceTimeout: this.sessionMilliseconds, heartbeatInterval: this.heartbeatMilliseconds,
      });
      return membership;
    } catch (error) {
      await membership.leave();
      throw error;
    }
  }
}

/** What a member says of itself when it joins. */
interface JoinOptions {
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
}

class KafkaMembership implements Membership {
  /** Each dealing out of the group has a number, so that one that is late counts for nothing. */
  private dealing = 0;
  /** The round in which what the listener was told last is held. */
  private round?: GroupRound;
  private isOver = false;

  public constructor(
    private readonly member: Consumer, private readonly committer: KafkaCommitter, private readonly reader: KafkaReader,
    private readonly listener: MembershipListener, private readonly topic: string, private readonly onAbandoned: (memberId: string) => void,
  ) {
    member.topics.trackAll(topic);
    member.on('consumer:group:rebalance', () => this.rebalancing());
    member.on('consumer:group:join', ({ generationId, memberId }) => { void this.assign(++this.dealing, { generationId: generationId!, memberId }); });
    // A heartbeat is tried twice. After an error that is none of the group's the client gives no word any more, though it says that it will.
    member.on('consumer:heartbeat:error', ({ error }) => this.end(error));
    // The client emits it when joining again failed for good. Its types do not have it.
    member.on('error' as never, ((error: unknown) => this.end(error)) as never);
  }

  public async join(options: JoinOptions): Promise<void> {
    await this.member.joinGroup({ ...options });
  }

  public fetch(positions: readonly FetchPosition[], options: FetchOptions): Promise<readonly FetchedRecords[]> {
    return this.reader.fetch(positions, options);
  }

  public async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (this.round === undefined || this.isOver) {
      throw new Error('nothing can be committed by who is no member');
    }
    try {
      await this.committer.commit(this.round, offsets);
    } catch (error) {
      if (isKafkaError(error, ...COORDINATOR_MOVED)) {
        this.end(error);
      }
      throw error;
    }
  }

  public async leave(): Promise<void> {
    this.isOver = true;
    const { memberId } = this.member;
    // It answers with a promise, though its types say that it does not.
    const hasLeft = await within(LEAVE_MILLISECONDS, Promise.resolve(this.member.leaveGroup())).then(() => true, () => false);
    if (!hasLeft && memberId !== null) {
      this.onAbandoned(memberId);
    }
    await Promise.allSettled([this.member.close(), this.committer.close(), this.reader.close()]);
    // Where the client could not tell that it leaves it keeps its connections.
    await Promise.allSettled([this.member.connections.close()]);
  }

  private rebalancing(): void {
    this.dealing++;
    if (!this.isOver) {
      this.listener.rebalancing();
    }
  }

  private async assign(dealing: number, round: GroupRound): Promise<void> {
    try {
      const partitions = this.member.assignments?.find(({ topic }) => topic === this.topic)?.partitions ?? [];
      const begin = await this.begin(partitions);
      if (dealing === this.dealing && !this.isOver) {
        this.round = round;
        this.listener.assigned(begin);
      }
    } catch (error) {
      if (dealing === this.dealing) {
        this.end(error);
      }
    }
  }

  /** Where reading begins: at what was committed last, or at the oldest record. */
  private async begin(partitions: readonly number[]): Promise<Map<number, number>> {
    if (partitions.length === 0) {
      return new Map();
    }
    const all = await this.member.listCommittedOffsets({ topics: [{ topic: this.topic, partitions: [...partitions] }] });
    const committed = all.get(this.topic) ?? [];
    const fresh = partitions.filter((partition) => !(committed[partition] >= 0n));
    const oldest = fresh.length === 0 ? new Map<number, number>() : await this.reader.oldest(fresh);
    return new Map(partitions.map((partition) => [partition, oldest.get(partition) ?? Number(committed[partition])]));
  }

  private end(error: unknown): void {
    if (!this.isOver) {
      this.isOver = true;
      this.listener.ended(asError(error));
    }
  }
}
