import type { EventSourceProps, InvocationResult, InvokeCommand } from '../../../lib/event-source';
import { FUNCTION_ERROR, Harness, START } from './harness';

const WINDOWED: Partial<EventSourceProps> = { source: 'dynamodb', tumblingWindowSeconds: 30, tuning: { windowGraceMilliseconds: 5000 } };

/** Counts records in the state, as an aggregating function does. */
function count({ records, window }: InvokeCommand): InvocationResult {
  return { status: 'success', payload: { state: { count: Number(window!.state.count ?? 0) + records.length } } };
}

/** Start of the window in seconds after the start, records, count in the state, and marks of the last invocation. */
function told({ invocations }: Harness): string[] {
  return invocations.map(({ records, window }) => {
    const marks = `${window!.isFinalInvokeForWindow ? ' final' : ''}${window!.isWindowTerminatedEarly ? ' early' : ''}`;
    return `${(window!.start - START) / 1000}: ${records.length} after ${String(window!.state.count ?? 0)}${marks}`;
  });
}

const at = (seconds: number) => ({ arrivalTimestamp: START + seconds * 1000 });

describe('tumbling windows', () => {
  it('carry the state from one invocation to the next and end with one without records', () => {
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 2 }, handler: count });
    harness.addShard('a').put('a', 3, at(1)).put('a', 2, at(31)).close('a').list().run();
    expect(told(harness)).toEqual([
      '0: 2 after 0', '0: 1 after 2', '0: 0 after 3 final',
      '30: 2 after 0', '30: 0 after 2 final',
    ]);
    expect(harness.invocations[0].window).toMatchObject({ start: START, end: START + 30_000 });
    expect(harness.machine.quiescent).toBe(true);
  });

  it('never mix records of two windows in a batch', () => {
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 100 }, handler: count });
    harness.addShard('a').put('a', 10, (index) => at(index * 10)).close('a').list().run();
    expect(harness.batches.map((batch) => batch.length)).toEqual([3, 0, 3, 0, 3, 0, 1, 0]);
  });

  it('stay open for late records until the grace is over', () => {
    const harness = new Harness({ props: WINDOWED, handler: count });
    harness.addShard('a').put('a', 1, at(1)).list().run(START + 34_000);
    expect(told(harness)).toEqual(['0: 1 after 0']);
    expect(harness.machine.quiescent).toBe(false);
    harness.put('a', 1, at(29)).run(START + 36_000);
    expect(told(harness)).toEqual(['0: 1 after 0', '0: 1 after 1', '0: 0 after 2 final']);
    expect(harness.machine.quiescent).toBe(true);
  });

  it('take a record with an earlier timestamp into the window that is open', () => {
    const harness = new Harness({ props: WINDOWED, handler: count });
    harness.addShard('a').put('a', 1, at(31)).put('a', 1, at(29)).close('a').list().run();
    expect(told(harness)).toEqual(['30: 2 after 0', '30: 0 after 2 final']);
  });

  it('are not closed by the clock while records remain unread', () => {
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 1 }, handler: count, readRecords: 1, invocationMilliseconds: 20_000 });
    harness.addShard('a').put('a', 4, at(1)).list().run(START + 200_000);
    expect(told(harness)).toEqual(['0: 1 after 0', '0: 1 after 1', '0: 1 after 2', '0: 1 after 3', '0: 0 after 4 final']);
  });

  it('end early when the state grows over 1 MB, and go on with a fresh one', () => {
    const handler = (invoke: InvokeCommand): InvocationResult => {
      const result = count(invoke);
      const large = invoke.records.some((record) => record.sequenceNumber === '2');
      return large && result.status === 'success' ? { status: 'success', payload: { state: { ...(result.payload as { state: object }).state, text: 'x'.repeat(1024 * 1024) } } } : result;
    };
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 1 }, handler });
    harness.addShard('a').put('a', 3, at(1)).close('a').list().run();
    expect(told(harness)).toEqual(['0: 1 after 0', '0: 1 after 1', '0: 0 after 2 final early', '0: 1 after 0', '0: 0 after 1 final']);
  });

  const stateless: readonly unknown[] = [null, {}, { state: null }, { state: 'text' }, { batchItemFailures: [] }];
  it.each(stateless)('fail a batch that is answered with %j, without a state', (payload) => {
    const harness = new Harness({ props: WINDOWED, handler: (invoke, number) => (number === 1 ? { status: 'success', payload } : count(invoke)) });
    harness.addShard('a').put('a', 2, at(1)).close('a').list().run();
    expect(told(harness)).toEqual(['0: 2 after 0', '0: 2 after 0', '0: 0 after 2 final']);
    expect(harness.machine.counters.malformedResponses).toBe(1);
  });

  it('keep the state of a partial failure, which stands for the records before it', () => {
    const handler = (invoke: InvokeCommand, number: number): InvocationResult => (number === 1
      ? { status: 'success', payload: { state: { count: 1 }, batchItemFailures: [{ itemIdentifier: '2' }] } }
      : count(invoke));
    const harness = new Harness({ props: { ...WINDOWED, reportBatchItemFailures: true }, handler });
    harness.addShard('a').put('a', 3, at(1)).close('a').list().run();
    expect(told(harness)).toEqual(['0: 3 after 0', '0: 2 after 1', '0: 0 after 3 final']);
  });

  it('keep the state before a function error', () => {
    const handler = (invoke: InvokeCommand, number: number): InvocationResult => (number === 2 ? FUNCTION_ERROR : count(invoke));
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 1 }, handler });
    harness.addShard('a').put('a', 2, at(1)).close('a').list().run();
    expect(told(harness)).toEqual(['0: 1 after 0', '0: 1 after 1', '0: 1 after 1', '0: 0 after 2 final']);
  });

  it('repeat a last invocation that failed, and give it up when the retries are exhausted', () => {
    const handler = (invoke: InvokeCommand): InvocationResult => (invoke.window!.isFinalInvokeForWindow ? FUNCTION_ERROR : count(invoke));
    const harness = new Harness({ props: { ...WINDOWED, maximumRetryAttempts: 1 }, handler });
    harness.addShard('a').put('a', 2, at(1)).put('a', 1, at(31)).close('a').list().run();
    expect(told(harness)).toEqual([
      '0: 2 after 0', '0: 0 after 2 final', '0: 0 after 2 final',
      '30: 1 after 0', '30: 0 after 1 final', '30: 0 after 1 final',
    ]);
    expect(harness.discards.map(({ records, reason, window }) => [records.length, reason, window?.state])).toEqual([
      [0, 'RetryAttemptsExhausted', { count: 2 }], [0, 'RetryAttemptsExhausted', { count: 1 }],
    ]);
    expect(harness.machine.quiescent).toBe(true);
  });

  it('are closed at the end of a shard, and children begin their own', () => {
    const harness = new Harness({ props: WINDOWED, handler: count });
    harness.addShard('a').put('a', 2, at(1)).close('a').addShard('b', ['a']).put('b', 1, at(2)).close('b').list().run();
    expect(harness.invocations.map((invoke) => invoke.shardId)).toEqual(['a', 'a', 'b', 'b']);
    expect(told(harness)).toEqual(['0: 2 after 0', '0: 0 after 2 final', '0: 1 after 0', '0: 0 after 1 final']);
  });

  it('go on from the state at the checkpoint when the poller is replaced', () => {
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 2 }, handler: count, invocationMilliseconds: 100 });
    harness.addShard('a').put('a', 6, at(1)).close('a').list().run(START + 250);
    harness.restart().run();
    expect(told(harness)).toEqual(['0: 2 after 0', '0: 2 after 2', '0: 2 after 4', '0: 2 after 4', '0: 0 after 6 final']);
  });

  it('wait for discarded records, so that the state never runs ahead of the checkpoint', () => {
    const harness = new Harness({
      props: { ...WINDOWED, batchSize: 1, maximumRetryAttempts: 0 },
      handler: (invoke) => (invoke.records[0]?.sequenceNumber === '1' ? FUNCTION_ERROR : count(invoke)),
      answerDiscards: false,
    });
    harness.addShard('a').put('a', 2, at(1)).close('a').list().run();
    expect(harness.batches).toEqual([['1']]);
    harness.feed({ type: 'discarded', discardId: harness.discards[0].discardId }).run();
    expect(harness.batches).toEqual([['1'], ['2'], []]);
  });

  it('count the state against the 6 MB of an event', () => {
    const handler = (invoke: InvokeCommand): InvocationResult => ({ status: 'success', payload: { state: { text: 'x'.repeat(900_000), count: invoke.records.length } } });
    const harness = new Harness({ props: { ...WINDOWED, batchSize: 10 }, handler, readRecords: 1 });
    harness.addShard('a').put('a', 7, { payloadBytes: 1024 * 1024, ...at(1) }).close('a').list().run();
    expect(Math.max(...harness.batches.map((batch) => batch.length))).toBe(5);
  });
});
