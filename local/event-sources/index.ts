export { type Clock, WallClock } from './clock';
export type { ErrorListener, EventSource } from './event-source';
export {
  type BatchInfo,
  FailureDestination,
  type FailureDestinationProps,
  type FailureStore,
  type FailureTarget,
  failureTargetOf,
  type InvocationRecord,
  mappingUuid,
} from './failure-destination';
export type { FunctionInvoker, InvocationResult } from './function-invoker';
export { KinesisEventSource, type KinesisEventSourceProps } from './kinesis-event-source';
export { configureQueueEventSource, type QueueEventSourceConfiguration, type QueueEventSourceConfigurationProps } from './queue-configuration';
export { QueueEventSource, type QueueEventSourceCounters, type QueueEventSourceProps, type QueueEventSourceStatus } from './queue-event-source';
export type { ServiceAddress, ServiceClient } from './service-client';
export { StreamEventSource, type StreamEventSourceProps, type StreamEventSourceStatus } from './stream-event-source';
export { type StreamAnswer, StreamReadError, type StreamSource } from './stream-source';
export { TableStreamEventSource, type TableStreamEventSourceProps } from './table-stream-event-source';
