import { configureEventSource, type EventSourceConfiguration, type StartingPosition } from '../../lib/event-source';
import type { ResolvedProperties } from '../../lib/topology';
import { configureQueueEventSource, type QueueEventSourceConfiguration } from '../event-sources/queue-configuration';
import type { MappingPlan } from './run-plan';

/** The state machine's configuration of a stream mapping, from the properties of the template. */
export function streamMappingConfiguration(mapping: MappingPlan): EventSourceConfiguration {
  const { properties } = mapping;
  return configureEventSource({
    source: mapping.source === 'kinesis' ? 'kinesis' : 'dynamodb',
    eventSourceArn: mapping.eventSourceArn,
    startingPosition: startingPosition(properties),
    enhancedFanOut: mapping.enhancedFanOut,
    batchSize: optionalNumber(properties.BatchSize),
    maximumBatchingWindowSeconds: optionalNumber(properties.MaximumBatchingWindowInSeconds),
    parallelizationFactor: optionalNumber(properties.ParallelizationFactor),
    maximumRetryAttempts: optionalNumber(properties.MaximumRetryAttempts),
    maximumRecordAgeSeconds: optionalNumber(properties.MaximumRecordAgeInSeconds),
    bisectBatchOnFunctionError: properties.BisectBatchOnFunctionError === true,
    reportBatchItemFailures: reportsItemFailures(properties),
    tumblingWindowSeconds: optionalNumber(properties.TumblingWindowInSeconds),
    filters: filters(properties),
  });
}

/** The configuration of a queue's mapping, from the properties of the template. */
export function queueMappingConfiguration(mapping: MappingPlan): QueueEventSourceConfiguration {
  const { properties } = mapping;
  return configureQueueEventSource({
    queueArn: mapping.sourceArn,
    batchSize: optionalNumber(properties.BatchSize),
    maximumBatchingWindowSeconds: optionalNumber(properties.MaximumBatchingWindowInSeconds),
    maximumConcurrency: optionalNumber((properties.ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency),
    reportBatchItemFailures: reportsItemFailures(properties),
  });
}

/** ARN of the on-failure destination of a mapping; undefined where it has none. */
export function failureDestinationArn({ properties }: MappingPlan): string | undefined {
  const destinations = properties.DestinationConfig as { OnFailure?: { Destination?: string } } | undefined;
  return destinations?.OnFailure?.Destination;
}

function startingPosition(properties: ResolvedProperties): StartingPosition {
  const type = properties.StartingPosition as StartingPosition['type'];
  return type === 'AT_TIMESTAMP' ? { type, timestamp: Number(properties.StartingPositionTimestamp) * 1000 } : { type };
}

function reportsItemFailures(properties: ResolvedProperties): boolean {
  return ((properties.FunctionResponseTypes ?? []) as string[]).includes('ReportBatchItemFailures');
}

function filters(properties: ResolvedProperties): string[] {
  const criteria = properties.FilterCriteria as { Filters?: { Pattern: string }[] } | undefined;
  return (criteria?.Filters ?? []).map(({ Pattern }) => Pattern);
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
