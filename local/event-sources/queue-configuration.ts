import { Facts } from '../../lib/facts';

/** Properties of an event source mapping of a standard SQS queue, with AWS's defaults. */
export interface QueueEventSourceConfigurationProps {
  readonly queueArn: string;
  /** Most messages of one invocation, 1 to 10,000; above 10 a batching window of at least 1 second is needed. @default 10 */
  readonly batchSize?: number;
  /** How long messages are gathered, 0 to 300 seconds. @default 0 */
  readonly maximumBatchingWindowSeconds?: number;
  /** Most invocations at a time, 2 to 1,000. @default 1000 */
  readonly maximumConcurrency?: number;
  /** The function's answer names the messages that failed. @default false */
  readonly reportBatchItemFailures?: boolean;
}

/** The same with every default filled in and every value checked. */
export type QueueEventSourceConfiguration = Required<QueueEventSourceConfigurationProps>;

/**
 * Checks a queue mapping's properties and fills in the defaults.
 *
 * @throws Error naming the property, its range and the value that was given
 */
export function configureQueueEventSource(props: QueueEventSourceConfigurationProps, facts: Facts = Facts.DEFAULT): QueueEventSourceConfiguration {
  const [minimum, maximum] = [facts.number('lambda-esm/sqs.maximumConcurrency.min'), facts.number('lambda-esm/sqs.maximumConcurrency.max')];
  const batchSize = integerBetween('batchSize', props.batchSize ?? 10, 1, facts.number('lambda-esm/sqs.batchSize.max'));
  const window = integerBetween('maximumBatchingWindowSeconds', props.maximumBatchingWindowSeconds ?? 0, 0, facts.number('lambda-esm/batchWindow.maxSec'));
  if (batchSize > 10 && window < 1) {
    throw new Error(`\`maximumBatchingWindowSeconds\` must be at least 1 with a \`batchSize\` above 10, got: ${window}`);
  }
  return {
    queueArn: props.queueArn,
    batchSize,
    maximumBatchingWindowSeconds: window,
    maximumConcurrency: integerBetween('maximumConcurrency', props.maximumConcurrency ?? maximum, minimum, maximum),
    reportBatchItemFailures: props.reportBatchItemFailures ?? false,
  };
}

function integerBetween(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new Error(`\`${name}\` must be between ${minimum} and ${maximum}, got: ${value}`);
  }
  return value;
}
