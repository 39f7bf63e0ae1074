import { eventSourceLimits, type EventSourceProps, type InvokeCommand } from '../../../lib/event-source';
import { failed, FUNCTION_ERROR, type Handler, Harness, START, SUCCESS, THROTTLED } from './harness';

/** A handler that answers as scripted and then succeeds. */
function script(...results: ReturnType<Handler>[]): Handler {
  return (_, number) => results[number - 1] ?? SUCCESS;
}

/** A handler that fails for as long as a record is in the batch. */
const poison = (sequenceNumber: string): Handler => (invoke) => (holds(invoke, sequenceNumber) ? FUNCTION_ERROR : SUCCESS);

/** A handler that reports a record whenever it is in the batch. */
const reported = (sequenceNumber: string): Handler => (invoke) => (holds(invoke, sequenceNumber) ? failed(sequenceNumber) : SUCCESS);

function holds({ records }: InvokeCommand, sequenceNumber: string): boolean {
  return records.some((record) => record.sequenceNumber === sequenceNumber);
}

interface Scenario {
  readonly name: string;
  readonly props?: Partial<EventSourceProps>;
  readonly records: number;
  readonly handler: Handler;
  /** Batches joined by commas. */
  readonly batches: readonly string[];
  /** Discarded batches with their reason. */
  readonly discards?: readonly string[];
}

const ITEM_FAILURES = { reportBatchItemFailures: true };
const BISECT = { bisectBatchOnFunctionError: true };

const SCENARIOS: readonly Scenario[] = [
  { name: 'a function error retries the whole batch', records: 3, handler: script(FUNCTION_ERROR), batches: ['1,2,3', '1,2,3'] },
  {
    name: 'retries end after maximumRetryAttempts and the batch is discarded',
    props: { maximumRetryAttempts: 2, batchSize: 2 }, records: 3, handler: poison('1'),
    batches: ['1,2', '1,2', '1,2', '3'], discards: ['1,2 RetryAttemptsExhausted'],
  },
  { name: 'no retries with maximumRetryAttempts 0', props: { maximumRetryAttempts: 0 }, records: 2, handler: poison('1'), batches: ['1,2'], discards: ['1,2 RetryAttemptsExhausted'] },
  {
    name: 'throttles are no attempts',
    props: { maximumRetryAttempts: 1 }, records: 1, handler: script(THROTTLED, THROTTLED, THROTTLED, FUNCTION_ERROR, THROTTLED, SUCCESS),
    batches: ['1', '1', '1', '1', '1', '1'], discards: [],
  },
  { name: 'without reportBatchItemFailures the answer is not looked at', records: 3, handler: script(failed('2')), batches: ['1,2,3'] },
  { name: 'everything from the reported record on is retried', props: ITEM_FAILURES, records: 4, handler: script(failed('3')), batches: ['1,2,3,4', '3,4'] },
  { name: 'the lowest of several reported records is the checkpoint', props: ITEM_FAILURES, records: 5, handler: script(failed('4', '2', '5')), batches: ['1,2,3,4,5', '2,3,4,5'] },
  {
    name: 'a new first record has attempts of its own',
    props: { ...ITEM_FAILURES, maximumRetryAttempts: 1 }, records: 3, handler: script(failed('1'), failed('2'), failed('3'), failed('3')),
    batches: ['1,2,3', '1,2,3', '2,3', '3'], discards: ['3 RetryAttemptsExhausted'],
  },
  {
    name: 'a reported record that stays bad is discarded with all after it',
    props: { ...ITEM_FAILURES, maximumRetryAttempts: 1 }, records: 4, handler: reported('3'), batches: ['1,2,3,4', '3,4'], discards: ['3,4 RetryAttemptsExhausted'],
  },
  {
    name: 'bisecting isolates the bad record, and a split is no attempt',
    props: { ...BISECT, maximumRetryAttempts: 1 }, records: 5, handler: poison('4'),
    batches: ['1,2,3,4,5', '1,2,3', '4,5', '4', '4', '5'], discards: ['4 RetryAttemptsExhausted'],
  },
  {
    name: 'both on: cut at the reported record, only the remainder is retried',
    props: { ...BISECT, ...ITEM_FAILURES }, records: 6, handler: script(failed('3'), SUCCESS), batches: ['1,2,3,4,5,6', '3,4,5,6'],
  },
  {
    name: 'both on: the cut is no attempt, and a cut before the first record halves',
    props: { ...BISECT, ...ITEM_FAILURES, maximumRetryAttempts: 0 }, records: 5, handler: reported('3'),
    batches: ['1,2,3,4,5', '3,4,5', '3,4', '3', '4', '5'], discards: ['3 RetryAttemptsExhausted'],
  },
  {
    name: 'an answer that fails the whole batch counts as an attempt',
    props: { ...ITEM_FAILURES, maximumRetryAttempts: 2 }, records: 1, handler: () => failed(null), batches: ['1', '1', '1'], discards: ['1 RetryAttemptsExhausted'],
  },
  { name: 'both on: a thrown error halves', props: { ...BISECT, ...ITEM_FAILURES }, records: 4, handler: script(FUNCTION_ERROR), batches: ['1,2,3,4', '1,2', '3,4'] },
  { name: 'a batch retried after a failure takes no new records', props: { batchSize: 2 }, records: 5, handler: script(FUNCTION_ERROR), batches: ['1,2', '1,2', '3,4', '5'] },
];

const EXCEPTIONS: readonly [string, unknown, 'success' | 'whole batch'][] = [
  ['null', null, 'success'],
  ['no answer', undefined, 'success'],
  ['an empty text', '', 'success'],
  ['an empty object', {}, 'success'],
  ['an empty list', { batchItemFailures: [] }, 'success'],
  ['a null list', { batchItemFailures: null }, 'success'],
  ['an unknown sequence number', { batchItemFailures: [{ itemIdentifier: '99' }] }, 'whole batch'],
  ['a known and an unknown one', { batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '99' }] }, 'whole batch'],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, 'whole batch'],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }, 'whole batch'],
  ['a wrong key', { batchItemFailures: [{ id: '2' }] }, 'whole batch'],
  ['a bare identifier', { batchItemFailures: ['2'] }, 'whole batch'],
  ['a list that is none', { batchItemFailures: '2' }, 'whole batch'],
  ['an array', ['2'], 'whole batch'],
  ['a text', 'done', 'whole batch'],
];

describe('failures', () => {
  it.each(SCENARIOS)('$name', ({ props, records, handler, batches, discards }) => {
    const harness = new Harness({ props, handler });
    harness.addShard('a').put('a', records).list().run();
    expect(harness.batches.map((batch) => batch.join(','))).toEqual(batches);
    const given = harness.discards.map((discard) => `${discard.records.map((record) => record.sequenceNumber).join(',')} ${discard.reason}`);
    expect(given).toEqual(discards ?? []);
    expect(harness.checkpoints().at(-1)).toBe(String(records));
    expect(harness.machine.quiescent).toBe(true);
  });

  it.each(EXCEPTIONS)('an answer of %s', (_, payload, meaning) => {
    const harness = new Harness({ props: ITEM_FAILURES, handler: script({ status: 'success', payload }) });
    harness.addShard('a').put('a', 3).list().run();
    expect(harness.batches).toEqual(meaning === 'success' ? [['1', '2', '3']] : [['1', '2', '3'], ['1', '2', '3']]);
    expect(harness.machine.counters.malformedResponses).toBe(meaning === 'success' ? 0 : 1);
  });

  it('counts what happened', () => {
    const handler = script(FUNCTION_ERROR, THROTTLED, SUCCESS, failed('4'));
    const harness = new Harness({ props: { ...BISECT, ...ITEM_FAILURES }, handler });
    harness.addShard('a').put('a', 4).list().run();
    expect(harness.batches.map((batch) => batch.length)).toEqual([4, 2, 2, 2, 1]);
    expect(harness.machine.counters).toMatchObject({
      invocations: 5, functionErrors: 1, throttles: 1, partialFailures: 1, splits: 2,
      recordsDelivered: 11, redeliveredRecords: 7, discardedRecords: 0,
    });
  });

  it('backs off exponentially with full jitter up to the cap, and starts anew after a success', () => {
    const tuning = { retryBackoff: { baseMilliseconds: 100, capMilliseconds: 1000 } };
    const times: number[] = [];
    const harness: Harness = new Harness({
      props: { batchSize: 1, tuning },
      invocationMilliseconds: 0,
      handler: (_, number) => {
        times.push(harness.now);
        return number <= 30 || number === 32 ? FUNCTION_ERROR : SUCCESS;
      },
    });
    harness.addShard('a').put('a', 2).list().run();
    const delays = times.slice(1, 31).map((time, index) => time - times[index]);
    delays.forEach((delay, index) => expect(delay).toBeLessThan(Math.min(1000, 100 * 2 ** index)));
    expect(Math.max(...delays)).toBeGreaterThan(400);
    expect(new Set(delays).size).toBeGreaterThan(15);
    expect(times[32] - times[31]).toBeLessThan(100);
  });

  it('discards records whose age is over the maximum, with throttles alone', () => {
    const tuning = { retryBackoff: { baseMilliseconds: 20_000, capMilliseconds: 20_000 } };
    const harness: Harness = new Harness({
      props: { maximumRecordAgeSeconds: 60, tuning },
      handler: () => (harness.now < START + 100_000 ? THROTTLED : SUCCESS),
    });
    harness.addShard('a').put('a', 1).put('a', 1, { arrivalTimestamp: START + 80_000 }).list().run();
    expect(harness.discards.map((discard) => [discard.records.length, discard.reason, discard.attempts])).toEqual([[1, 'RecordAgeExceeded', 0]]);
    expect(harness.batches.at(-1)).toEqual(['2']);
    expect(harness.machine.counters.discardedRecords).toBe(1);
    expect(harness.checkpoints().at(-1)).toBe('2');
  });

  it('discards what is over the retention of its source, without a maximum age', () => {
    const tuning = { retryBackoff: { baseMilliseconds: 600_000, capMilliseconds: 600_000 } };
    const harness: Harness = new Harness({ props: { retentionHours: 24, tuning }, handler: () => THROTTLED });
    harness.addShard('a').put('a', 2).list().run(START + 86_400_000);
    expect(harness.discards).toEqual([]);
    harness.run();
    expect(harness.discards.map(({ reason, records }) => [reason, records.length])).toEqual([['RecordAgeExceeded', 2]]);
  });

  it('tells with a discard how often the function ran and how that failed last', () => {
    const told = (props: Partial<EventSourceProps>, handler: Handler, records = 1): unknown[] => {
      const harness = new Harness({ props, handler });
      harness.addShard('a').put('a', records).list().run();
      return harness.discards.map(({ invocations, attempts, lastFailure }) => [invocations, attempts, lastFailure]);
    };
    expect(told({ maximumRetryAttempts: 2 }, script(THROTTLED, FUNCTION_ERROR, THROTTLED, FUNCTION_ERROR, FUNCTION_ERROR))).toEqual([[3, 3, 'thrown']]);
    expect(told({ maximumRetryAttempts: 0, ...ITEM_FAILURES }, script(failed('1')))).toEqual([[1, 1, 'answered']]);
    expect(told({ maximumRetryAttempts: 0, ...BISECT }, poison('3'), 4)).toEqual([[3, 1, 'thrown']]);
    expect(told({ limits: { ...eventSourceLimits(), payloadBytes: 1100 } }, script())).toEqual([[0, 0, undefined]]);
  });

  it('never discards by age without a maximum', () => {
    const tuning = { retryBackoff: { baseMilliseconds: 1e9, capMilliseconds: 1e9 } };
    const harness: Harness = new Harness({ props: { tuning }, handler: () => (harness.now < START + 604_800_000 * 2 ? THROTTLED : SUCCESS) });
    harness.addShard('a').put('a', 1).list().run();
    expect(harness.discards).toEqual([]);
    expect(harness.checkpoints()).toEqual(['1']);
  });

  it('holds the checkpoint until the discarded records have reached their destination', () => {
    const harness = new Harness({ props: { maximumRetryAttempts: 0, batchSize: 1 }, handler: poison('1'), answerDiscards: false });
    harness.addShard('a').put('a', 2).list().run();
    expect(harness.batches).toEqual([['1'], ['2']]);
    expect(harness.checkpoints()).toEqual([]);
    expect(harness.machine.quiescent).toBe(false);
    harness.feed({ type: 'discarded', discardId: harness.discards[0].discardId });
    expect(harness.checkpoints()).toEqual(['2']);
    expect(harness.machine.quiescent).toBe(true);
  });
});
