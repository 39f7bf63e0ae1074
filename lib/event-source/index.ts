export {
  configureEventSource,
  type EventSourceConfiguration,
  type EventSourceProps,
  type EventSourceTuning,
  type StartingPosition,
  type StreamKind,
} from './configuration';
export type { EventSourceCounters } from './counters';
export { compileFilters, type FilterPredicate } from './filter';
export { laneOf } from './lane';
export { eventSourceLimits, type EventSourceLimits } from './limits';
export { EventSourceMachine, type EventSourceMachinePorts } from './machine';
export type {
  CheckpointCommand,
  DiscardCommand,
  DiscardReason,
  EventSourceCommand,
  EventSourceEvent,
  InvocationFailure,
  InvocationResult,
  InvocationWindow,
  InvokeCommand,
  OpenWindow,
  ReadCommand,
  ReadFailure,
  ReadPosition,
  WindowState,
} from './protocol';
export { type RandomSource, seededRandom } from './random';
export type { ShardDescription, SourceRecord } from './record';
export type { RetryBackoff } from './retry';
export type { ShardStatus } from './status';
