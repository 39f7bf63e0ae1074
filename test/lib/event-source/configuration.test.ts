import { configureEventSource, type EventSourceProps } from '../../../lib/event-source';

const PROPS: EventSourceProps = { source: 'kinesis', eventSourceArn: 'arn', startingPosition: { type: 'TRIM_HORIZON' } };

describe('configureEventSource', () => {
  it('fills in the defaults of AWS', () => {
    expect(configureEventSource(PROPS)).toMatchObject({
      batchSize: 100,
      batchingWindowMilliseconds: 0,
      parallelizationFactor: 1,
      maximumRetryAttempts: -1,
      maximumRecordAgeMilliseconds: Infinity,
      bisectBatchOnFunctionError: false,
      reportBatchItemFailures: false,
      tumblingWindowMilliseconds: 0,
      filter: undefined,
      readAheadRecords: 200,
      windowGraceMilliseconds: 120_000,
    });
  });

  it.each<[string, Partial<EventSourceProps>, number, number]>([
    ['a polled Kinesis stream', {}, 1000, 200],
    ['an enhanced fan-out consumer', { enhancedFanOut: true }, 0, 0],
    ['a table stream', { source: 'dynamodb' }, 250, 0],
  ])('polls %s as documented', (_, props, idlePollMilliseconds, busyPollMilliseconds) => {
    expect(configureEventSource({ ...PROPS, ...props })).toMatchObject({ idlePollMilliseconds, busyPollMilliseconds });
  });

  it('turns seconds into milliseconds', () => {
    const props = { maximumBatchingWindowSeconds: 5, maximumRecordAgeSeconds: 60, tumblingWindowSeconds: 900 };
    expect(configureEventSource({ ...PROPS, ...props })).toMatchObject({
      batchingWindowMilliseconds: 5000, maximumRecordAgeMilliseconds: 60_000, tumblingWindowMilliseconds: 900_000,
    });
  });

  it.each<[Partial<Record<keyof EventSourceProps, unknown>>, string]>([
    [{ source: 'kafka' }, '`source` must be one of kinesis, dynamodb, got: kafka'],
    [{ batchSize: 0 }, '`batchSize` must be between 1 and 10000, got: 0'],
    [{ batchSize: 10_001 }, '`batchSize` must be between 1 and 10000, got: 10001'],
    [{ batchSize: 1.5 }, '`batchSize` must be between 1 and 10000, got: 1.5'],
    [{ maximumBatchingWindowSeconds: 301 }, '`maximumBatchingWindowSeconds` must be between 0 and 300, got: 301'],
    [{ parallelizationFactor: 11 }, '`parallelizationFactor` must be between 1 and 10, got: 11'],
    [{ maximumRetryAttempts: -2 }, '`maximumRetryAttempts` must be between -1 and 10000, got: -2'],
    [{ maximumRecordAgeSeconds: 59 }, '`maximumRecordAgeSeconds` must be -1 or between 60 and 604800, got: 59'],
    [{ maximumRecordAgeSeconds: NaN }, '`maximumRecordAgeSeconds` must be -1 or between 60 and 604800, got: NaN'],
    [{ tumblingWindowSeconds: 901 }, '`tumblingWindowSeconds` must be between 0 and 900, got: 901'],
    [{ tumblingWindowSeconds: 30, parallelizationFactor: 2 }, '`parallelizationFactor` must be 1 with `tumblingWindowSeconds`, because the state belongs to the shard, got: 2'],
    [{ startingPosition: { type: 'BEGINNING' } }, '`startingPosition` must be one of TRIM_HORIZON, LATEST, AT_TIMESTAMP, got: {"type":"BEGINNING"}'],
    [{ startingPosition: { type: 'AT_TIMESTAMP' } }, '`startingPosition.timestamp` must be at least 0, got: undefined'],
    [{ source: 'dynamodb', startingPosition: { type: 'AT_TIMESTAMP', timestamp: 1 } }, '`startingPosition` must be one of TRIM_HORIZON, LATEST for a table stream, got: AT_TIMESTAMP'],
    [{ source: 'dynamodb', enhancedFanOut: true }, '`enhancedFanOut` must be false for a table stream, got: true'],
    [{ filters: Array.from({ length: 11 }, () => ({ a: [1] })) }, '`filters` must hold at most 10 patterns, got: 11'],
    [{ tuning: { readAheadRecords: 99 } }, '`tuning.readAheadRecords` must be at least 100, got: 99'],
    [{ tuning: { retryBackoff: { baseMilliseconds: 100, capMilliseconds: 50 } } }, '`tuning.retryBackoff.capMilliseconds` must be at least 100, got: 50'],
  ])('refuses %j', (props, message) => {
    expect(() => configureEventSource({ ...PROPS, ...props } as EventSourceProps)).toThrow(new Error(message));
  });
});
