import type { Consumer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };
import { requireWholeNumber } from '../configuration/option-rules';
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
  /** How often a member gives a word, in milliseconds: so long it takes to hear that the group is dealt out anew. @default 500 */
  readonly heartbeatMilliseconds?: number;
}

/** A coordinator that is none any more. The client asks for the coordinator once: only a new one asks again. */
const COORDINATOR_MOVED = ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'];

/**
 * A consumer group of Apache Kafka, by the classic protocol, as the client has it: all partitions are dealt out anew when a member comes or goes
 * (the eager protocol, in turn by partition). Members that keep a partition go on with it; it is not cooperative rebalancing, and there are no static
 * members.
 */
export class KafkaGroup implements RecordLogGroup {
  private readonly sessionMilliseconds: number;
  private readonly heartbeatMilliseconds: number;

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
    const { group: groupId, topic } = this.options;
    const { Consumer } = await kafkaClient();
    const base = { ...clientOptions(this.options), groupId, autocommit: false, retries: 1, retryDelay: 200 };
    const [member, reader] = [new Consumer(base), new KafkaReader(new Consumer(base), topic)];
    const membership = new KafkaMembership(member, reader, listener, topic, this.sessionMilliseconds);
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
  private heardAt = Date.now();
  private isOver = false;

  public constructor(
    private readonly member: Consumer, private readonly reader: KafkaReader, private readonly listener: MembershipListener,
    private readonly topic: string, private readonly sessionMilliseconds: number,
  ) {
    member.topics.trackAll(topic);
    member.on('consumer:group:rebalance', () => this.rebalancing());
    member.on('consumer:group:join', () => { void this.assign(++this.dealing); });
    member.on('consumer:heartbeat:end', () => { this.heardAt = Date.now(); });
    member.on('consumer:heartbeat:error', ({ error }) => {
      if (isKafkaError(error, ...COORDINATOR_MOVED) || Date.now() - this.heardAt > this.sessionMilliseconds) {
        this.end(error);
      }
    });
    // The client emits it when joining again failed for good. Its types do not have it.
    member.on('error' as never, ((error: unknown) => this.end(error)) as never);
  }

  public async join(options: JoinOptions): Promise<void> {
    await this.member.joinGroup({ ...options });
    this.heardAt = Date.now();
  }

  public fetch(positions: readonly FetchPosition[], options: FetchOptions): Promise<readonly FetchedRecords[]> {
    return this.reader.fetch(positions, options);
  }

  public async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this;
    try {
      await this.member.commit({
        offsets: [...offsets].map(([partition, offset]) => ({ topic, partition, offset: BigInt(offset), leaderEpoch: -1 })),
      });
    } catch (error) {
      if (isKafkaError(error, ...COORDINATOR_MOVED)) {
        this.end(error);
      }
      throw error;
    }
  }

  public async leave(): Promise<void> {
    this.isOver = true;
    // Who cannot be told finds out by itself, once the session is over.
    await Promise.allSettled([this.member.leaveGroup()]);
    await Promise.allSettled([this.member.close(), this.reader.close()]);
  }

  private rebalancing(): void {
    this.dealing++;
    if (!this.isOver) {
      this.listener.rebalancing();
    }
  }

  private async assign(dealing: number): Promise<void> {
    try {
      const partitions = this.member.assignments?.find(({ topic }) => topic === this.topic)?.partitions ?? [];
      const begin = await this.begin(partitions);
      if (dealing === this.dealing && !this.isOver) {
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
