export { KafkaEngine, type KafkaEngineProps } from './kafka-engine';
export type { KafkaFaultCounts, KillCounts, KillKind, LogFaults, OnStrike } from './kafka-faults';
export type { GroupPartitionStatistics, GroupStatistics, KafkaStatistics, PartitionStatistics, TopicStatistics } from './kafka-statistics';
export type { TopicDefinition } from './partition/topics';
