import { type Clock, WallClock } from '../../event-sources/clock';
import type { KillMoment } from '../../faults/targets';
import { SeededRandom } from '../../random/seeded-random';
import { unreadableBytes } from '../../random/unreadable-bytes';
import { GroupCoordinator } from './group/group-coordinator';
import { KafkaFaults, type KillKind, type LogFaults, type OnStrike } from './kafka-faults';
import { KafkaServer } from './kafka-server';
import { groupStatistics, type KafkaStatistics, topicStatistics } from './kafka-statistics';
import { kafkaLimits } from './limits';
import { fetchOperation } from './operations/fetch-operation';
import { groupOperations } from './operations/group-operations';
import { produceOperations } from './operations/produce-operations';
import { topicOperations } from './operations/topic-operations';
import { WaitingFetches } from './operations/waiting-fetches';
import { MemoryBudget } from './partition/memory-budget';
import { batchOf, type Checksum } from './partition/record-batch';
import { type TopicDefinition, Topics } from './partition/topics';
import { ERROR } from './protocol/error-codes';
import type { ApiName } from './protocol/messages';

export interface KafkaEngineProps {
  /** They are there from the start on, and there are no others. */
  readonly topics: readonly TopicDefinition[];
  /** Port on 127.0.0.1. @default 0 - one that is free */
  readonly port?: number;
  /** What everything random follows from: ids, which answers are lost, unreadable records. @default 1 */
  readonly seed?: number;
  /** @default - the clock on the wall */
  readonly clock?: Clock;
  /**
   * Most memory of a partition's records, in bytes, once every group that reads it has committed them; what a group has not committed is kept
   * whatever it has.
   *
   * @default 16777216 (16 MiB)
   */
  readonly retainedPartitionBytes?: number;
  /**
   * Most memory of all records, in bytes. While records that were not committed fill it, what is produced is refused with KAFKA_STORAGE_ERROR, as by
   * a broker whose disk is full.
   *
   * @default 2147483648 (2 GiB)
   */
  readonly maximumBytes?: number;
}

/** A Kafka of one broker in memory, which clients reach as they reach any other. What it does not have is told in docs/kafka-engine.md. */
export class KafkaEngine {
  /**
   * Starts to listen on the loopback address.
   *
   * @throws Error for topics that cannot be, memory that is none, or a port that is taken
   */
  static async start(props: KafkaEngineProps): Promise<KafkaEngine> {
    // Only a run with a Kafka reads the client, whose checksum is compiled.
    const { crc32c, Reader } = await import('@platformatic/kafka');
    // What is not a buffer of the client is copied for the checksum.
    const engine = new KafkaEngine(props, (bytes) => crc32c(Reader.from(bytes).buffer));
    engine.server = await engine.listen(props.port ?? 0);
    return engine;
  }

  readonly title = 'in-memory Kafka of this kit';
  private readonly limits = kafkaLimits();
  private readonly clock: Clock;
  private readonly faults: KafkaFaults;
  private readonly topics: Topics;
  private readonly coordinator: GroupCoordinator;
  private readonly waiting: WaitingFetches;
  private readonly unreadable: SeededRandom;
  private readonly calls = new Map<ApiName, number>();
  private server!: KafkaServer;

  private constructor(props: KafkaEngineProps, private readonly checksum: Checksum) {
    const { clock = new WallClock(), maximumBytes = 2 ** 31, retainedPartitionBytes = 16 * 1024 * 1024, seed = 1 } = props;
    if (!(retainedPartitionBytes >= 0)) {
      throw new Error(`\`retainedPartitionBytes\` must be at least 0, got: ${retainedPartitionBytes}`);
    }
    const random = new SeededRandom(seed);
    const next = (): SeededRandom => new SeededRandom(random.integer(0, 0x7fffffff));
    const ids = next();
    this.unreadable = next();
    this.faults = new KafkaFaults(next(), clock);
    this.clock = clock;
    this.topics = new Topics(props.topics, () => hexadecimal(ids, 32), {
      checksum, budget: new MemoryBudget(maximumBytes), maximumBatchBytes: this.limits.batchBytes, retainedBytes: retainedPartitionBytes,
    });
    this.coordinator = new GroupCoordinator({
      clock, newMemberId: (clientId) => `${clientId}-${hexadecimal(ids, 32)}`, sessionMilliseconds: this.limits.sessionMilliseconds,
    });
    this.waiting = new WaitingFetches(clock);
  }

  /** Where clients connect, on 127.0.0.1. */
  get port(): number {
    return this.server.port;
  }

  statistics(): KafkaStatistics {
    const groups = groupStatistics(this.coordinator, this.topics);
    return {
      ...this.faults.counts,
      topics: topicStatistics(this.topics),
      groups,
      idle: groups.every(({ lag }) => lag === 0) && !this.server.isProducing,
      calls: Object.fromEntries(this.calls),
    };
  }

  /**
   * Replaces the faults that are on. While the broker is away no member is taken for dead; when it is back each session begins anew, as when another
   * broker takes a group over.
   *
   * @throws Error for a probability that is none
   */
  setFaults(faults: LogFaults): void {
    const wasAway = this.faults.unavailable;
    this.faults.set(faults);
    const isAway = this.faults.unavailable;
    if (isAway && !wasAway) {
      this.coordinator.pause();
      this.server.disconnect();
    } else if (wasAway && !isAway) {
      this.coordinator.resume();
    }
  }

  /**
   * Has a client killed. `produce`: its Produce is held `inside`, before it is stored, or `after-effects`, when it is, until its connection is gone.
   * `consume`: `inside`, a moment after a client got records, and it reads no more; `after-effects`, an OffsetCommit is held and not taken until its
   * connection is gone. One kill that waits for the same moment is enough.
   *
   * @param onStrike told which client is to be killed now
   */
  armKill(kind: KillKind, moment: KillMoment, onStrike: OnStrike): void {
    this.faults.arm({ kind, moment, onStrike });
  }

  /** Takes back the kills that have not struck, and lets the calls go on that are held. */
  disarmKills(): void {
    this.faults.disarm();
  }

  /**
   * Puts records of random bytes into random partitions of a topic.
   *
   * @returns how many there was room for
   * @throws Error for a topic that is not there
   */
  putUnreadable(topic: string, count: number): number {
    const found = this.topics.named(topic);
    if (found === undefined) {
      throw new Error(`\`topic\` must be one of ${this.topics.all.map(({ name }) => name).join(', ')}, got: ${topic}`);
    }
    let taken = 0;
    for (let index = 0; index < count; index++) {
      const log = found.partitions[this.unreadable.integer(0, found.partitions.length - 1)];
      const { errorCode } = log.append(batchOf(unreadableBytes(this.unreadable), this.clock.now(), this.checksum));
      taken += errorCode === ERROR.NONE ? 1 : 0;
    }
    this.waiting.grown(found.partitions);
    return taken;
  }

  /** Stops listening and closes every connection. What it held is gone. */
  async close(): Promise<void> {
    this.waiting.close();
    this.coordinator.close();
    this.faults.disarm();
    await this.server.close();
  }

  private listen(port: number): Promise<KafkaServer> {
    const { coordinator, faults, topics, waiting } = this;
    const own = (): number => this.port;
    return KafkaServer.start({
      port,
      faults,
      maximumRequestBytes: this.limits.requestBytes,
      onRequest: (name) => this.calls.set(name, (this.calls.get(name) ?? 0) + 1),
      operations: {
        ...produceOperations({ topics, waiting }),
        ...fetchOperation({ coordinator, topics, waiting }),
        ...topicOperations({ topics, port: own }),
        ...groupOperations({ coordinator, topics, port: own }),
      },
    });
  }
}

function hexadecimal(random: SeededRandom, digits: number): string {
  return Array.from({ length: digits }, () => random.integer(0, 15).toString(16)).join('');
}
