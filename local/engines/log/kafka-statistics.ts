import type { GroupCoordinator, GroupStanding } from './group/group-coordinator';
import type { KafkaFaultCounts } from './kafka-faults';
import type { Topics } from './partition/topics';
import type { ApiName } from './protocol/messages';

export interface PartitionStatistics {
  readonly partition: number;
  /** The oldest offset that is kept. */
  readonly logStart: number;
  /** The offset that the next record gets: so many records it has had. */
  readonly logEnd: number;
  /** Memory of its records. */
  readonly bytes: number;
}

export interface TopicStatistics {
  readonly name: string;
  readonly partitions: readonly PartitionStatistics[];
  /** Records that it has had. */
  readonly records: number;
}

export interface GroupPartitionStatistics {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is not done; undefined where nothing was committed. */
  readonly committed?: number;
  /** Records that are kept and not committed. */
  readonly lag: number;
}

export interface GroupStatistics extends GroupStanding {
  readonly partitions: readonly GroupPartitionStatistics[];
  /** Of all its partitions. */
  readonly lag: number;
}

/** How an engine stands. */
export interface KafkaStatistics extends KafkaFaultCounts {
  readonly topics: readonly TopicStatistics[];
  readonly groups: readonly GroupStatistics[];
  /** Whether every group has committed everything of what it reads, and nothing is being stored. True also where there is no group. */
  readonly idle: boolean;
  /** How often each call was made. */
  readonly calls: Readonly<Partial<Record<ApiName, number>>>;
}

/** How topics stand. */
export function topicStatistics(topics: Topics): TopicStatistics[] {
  return topics.all.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ bytes, index, logEnd, logStart }) => ({ partition: index, logStart, logEnd, bytes })),
    records: partitions.reduce((sum, { logEnd }) => sum + logEnd, 0),
  }));
}

/** How groups stand with all partitions of what they read. */
export function groupStatistics(coordinator: GroupCoordinator, topics: Topics): GroupStatistics[] {
  return coordinator.standings.map((standing) => {
    const partitions = standing.topics.flatMap((name) => (topics.named(name)?.partitions ?? []).map(({ index, logEnd, logStart }) => {
      const committed = coordinator.committed(standing.name, name, index)?.offset;
      return { topic: name, partition: index, committed, lag: Math.max(0, logEnd - Math.max(logStart, committed ?? 0)) };
    }));
    return { ...standing, partitions, lag: partitions.reduce((sum, { lag }) => sum + lag, 0) };
  });
}
