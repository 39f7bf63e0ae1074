export { callQueues, QueueCallError } from './queue-client';
export { type QueueConfiguration, QueueHost, type QueueHostConfiguration } from './queue-host';
