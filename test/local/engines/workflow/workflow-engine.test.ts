import { AwsJsonClient, AwsServiceError } from '../../../../lambdas/runtime/aws/json-client';
import { compileDefinition, invokedFunctions, type Json, StateError, WorkflowEngine, WorkflowServer } from '../../../../local/engines/workflow';
import type { ExecutionResult } from '../../../../local/engines/workflow/execution';
import { compileExpression } from '../../../../local/engines/workflow/intrinsics';
import { ReferencePath } from '../../../../local/engines/workflow/reference-path';
import { VirtualTime } from '../../../seeds/virtual-time';

const ARN = 'arn:aws:states:eu-west-1:000000000000:stateMachine:m';
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const task = (others: object = {}) => ({ Type: 'Task', Resource: FUNCTION, ...others });

interface Ran {
  readonly result: ExecutionResult;
  /** When each call came, in seconds from the start. */
  readonly calls: readonly number[];
  readonly payloads: readonly Json[];
}

type Call = (payload: Json, calls: number) => Json | Promise<Json>;

/** Runs states to their end in virtual time. */
async function run(states: object, input: Json, call: Call = (payload) => payload, top: object = {}): Promise<Ran> {
  const time = new VirtualTime(1_700_000_000_000);
  const calls: number[] = [];
  const payloads: Json[] = [];
  const engine = new WorkflowEngine({
    stateMachines: [{ arn: ARN, definition: JSON.stringify({ StartAt: Object.keys(states)[0], States: states, ...top }) }],
    clock: time,
    random: () => 0.5,
    tasks: {
      invoke: async (_, payload) => {
        calls.push((time.now() - 1_700_000_000_000) / 1000);
        payloads.push(payload);
        return call(payload, calls.length);
      },
      sendMessage: async (parameters) => {
        payloads.push(parameters);
        return { MessageId: '1' };
      },
    },
  });
  const { result } = engine.start(ARN, JSON.stringify(input), 'e');
  let ended: ExecutionResult | undefined;
  void result.then((it) => { ended = it; });
  await time.runUntil(time.now() + 3_600_000, () => ended !== undefined);
  return { result: ended!, calls, payloads };
}

async function output(states: object, input: Json, call?: Call): Promise<Json> {
  const { result } = await run(states, input, call);
  if (result.status !== 'SUCCEEDED') {
    throw new Error(JSON.stringify(result));
  }
  return result.output;
}

const fail = (error: string) => (): never => {
  throw new StateError(error, 'because');
};

describe('an Express workflow', () => {
  it('takes data through a task: input, parameters, selected result, place of the result, output', async () => {
    const states = { A: task({
      InputPath: '$.in', Parameters: { 'value.$': '$.value', 'fixed': 1, 'who.$': '$$.Execution.Name' }, ResultSelector: { 'sum.$': '$.sum' }, ResultPath: '$.out.of',
      OutputPath: '$.out', End: true,
    }) };
    expect(await output(states, { in: { value: 2 } }, (payload) => ({ sum: payload, other: true })))
      .toEqual({ of: { sum: { value: 2, fixed: 1, who: 'e' } } });
  });

  it('replaces the data with the result, or drops it, as it is told', async () => {
    expect(await output({ A: task({ End: true }) }, { a: 1 }, () => 7)).toBe(7);
    expect(await output({ A: task({ ResultPath: null, End: true }) }, { a: 1 }, () => 7)).toEqual({ a: 1 });
    expect(await output({ A: { Type: 'Pass', Result: [], ResultPath: '$.steps', Next: 'B' }, B: { Type: 'Succeed' } }, { a: 1 })).toEqual({ a: 1, steps: [] });
  });

  it('calls functions through the integration too, and sends messages', async () => {
    const invoke = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: { 'FunctionName': `${FUNCTION}:live`, 'Payload.$': '$' } };
    expect(await output({ A: { ...invoke, ResultSelector: { 'value.$': '$.Payload' }, End: true } }, { a: 1 }, () => 'x')).toEqual({ value: 'x' });
    const { payloads } = await run({ A: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: { 'QueueUrl': 'q', 'MessageBody': { 'data.$': '$' } }, End: true } }, 5);
    expect(payloads).toEqual([{ QueueUrl: 'q', MessageBody: { data: 5 } }]);
  });

  it('tries again with waits that grow, up to the longest, each retrier counting for itself', async () => {
    const retry = [
      { ErrorEquals: ['Busy'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 3 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 10, MaxAttempts: 1 },
    ];
    const call = (_: Json, count: number) => (count === 3 ? fail('Other')() : count < 6 ? fail('Busy')() : 'done');
    const { calls, result } = await run({ A: task({ Retry: retry, End: true }) }, {}, call);
    expect(result).toEqual({ status: 'SUCCEEDED', output: 'done' });
    expect(calls).toEqual([0, 1, 3, 13, 16, 19]);
  });

  it('draws a wait from below its bound with full jitter', async () => {
    const retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 4, MaxAttempts: 1, JitterStrategy: 'FULL' }];
    const { calls } = await run({ A: task({ Retry: retry, End: true }) }, {}, fail('Busy'));
    expect(calls).toEqual([0, 2]);
  });

  it('goes on where a catch leads it, with what it was given and what was wrong', async () => {
    const states = {
      A: task({ Catch: [{ ErrorEquals: ['Other'], Next: 'C' }, { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'B' }], End: true }),
      B: { Type: 'Pass', End: true }, C: { Type: 'Pass', End: true },
    };
    expect(await output(states, { a: 1 }, fail('Busy'))).toEqual({ a: 1, failure: { Error: 'Busy', Cause: 'because' } });
    expect(await output(states, { a: 1 }, fail('Other'))).toEqual({ Error: 'Other', Cause: 'because' });
  });

  it('fails where nothing catches, and never catches an error of its own running by States.ALL', async () => {
    expect((await run({ A: task({ End: true }) }, {}, fail('Busy'))).result).toEqual({ status: 'FAILED', error: 'Busy', errorCause: 'because' });
    const states = { A: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], End: true }), B: { Type: 'Succeed' } };
    expect((await run(states, {}, fail('States.Runtime'))).result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect((await run({ A: { Type: 'Fail', Error: 'Mine', CausePath: '$.why' } }, { why: 'so' })).result).toEqual({ status: 'FAILED', error: 'Mine', errorCause: 'so' });
  });

  it('ends a task that takes too long with an error, and an execution without a catch', async () => {
    const hang = () => new Promise<Json>(() => undefined);
    const states = { A: task({ TimeoutSeconds: 5, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }], End: true }), B: { Type: 'Succeed' } };
    expect(await output(states, { a: 1 }, hang)).toEqual({ Error: 'States.Timeout', Cause: '' });
    const late = { A: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], End: true }), B: { Type: 'Succeed' } };
    expect((await run(late, {}, hang, { TimeoutSeconds: 7 })).result).toEqual({ status: 'TIMED_OUT' });
  });

  it('chooses, waits, and runs branches beside each other', async () => {
    const states = {
      A: { Type: 'Choice', Choices: [
        { Variable: '$.n', NumericGreaterThan: 5, Next: 'B' },
        { And: [{ Variable: '$.s', StringMatches: 'a*c' }, { Not: { Variable: '$.x', IsPresent: true } }], Next: 'C' },
      ], Default: 'D' },
      B: { Type: 'Pass', Result: 'big', End: true }, C: { Type: 'Pass', Result: 'like', End: true },
      D: { Type: 'Wait', Seconds: 30, Next: 'E' },
      E: { Type: 'Parallel', Branches: [
        { StartAt: 'F', States: { F: { Type: 'Pass', Result: 1, End: true } } }, { StartAt: 'G', States: { G: task({ End: true }) } },
      ], End: true },
    };
    expect(await output(states, { n: 6 })).toBe('big');
    expect(await output(states, { n: 1, s: 'abc' })).toBe('like');
    const { calls, result } = await run(states, { n: 1, s: 'abd' });
    expect([result, calls]).toEqual([{ status: 'SUCCEEDED', output: [1, { n: 1, s: 'abd' }] }, [30]]);
    expect((await run({ A: { Type: 'Choice', Choices: [{ Variable: '$.n', IsNull: true, Next: 'B' }] }, B: { Type: 'Succeed' } }, {})).result)
      .toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('starts a share of its executions twice, as an Express workflow may', async () => {
    const time = new VirtualTime(0);
    let calls = 0;
    const engine = new WorkflowEngine({
      stateMachines: [{ arn: ARN, definition: JSON.stringify({ StartAt: 'A', States: { A: task({ End: true }) } }) }],
      clock: time, random: () => 0.1, repeatedShare: 0.2, tasks: { invoke: async () => ++calls, sendMessage: async () => null },
    });
    engine.start(ARN, '{}');
    expect(engine.statistics().running).toBe(2);
    await time.runUntil(10_000);
    expect([calls, engine.statistics()]).toEqual([2, { running: 0, started: 2, repeated: 1, succeeded: 2, failed: 0, timedOut: 0 }]);
    expect(() => engine.start(`${ARN}x`, '{}')).toThrow('State Machine Does Not Exist');
    expect(() => engine.start(ARN, '{')).toThrow('The input is not JSON.');
  });
});

describe('what a definition may hold', () => {
  it.each<[string, object, string]>([
    ['a map', { A: { Type: 'Map', End: true } }, 'the state A: states of the type Map do not run here'],
    ['another dialect', { A: { Type: 'Pass', QueryLanguage: 'JSONata', End: true } }, 'the state A: it is written in JSONata'],
    ['an unknown member', { A: task({ HeartbeatSeconds: 5, End: true }) }, 'the state A: it has HeartbeatSeconds, which does not run here'],
    ['an unknown service', { A: { Type: 'Task', Resource: 'arn:aws:states:::dynamodb:putItem', End: true } }, 'tasks of the resource arn:aws:states:::dynamodb:putItem do not run here'],
    ['an unknown function', { A: { Type: 'Pass', Parameters: { 'a.$': 'States.Foo(1)' }, End: true } }, 'the intrinsic function States.Foo is not known'],
    ['a path with a filter', { A: task({ InputPath: '$.a[?(@.b)]', End: true }) }, 'has more than members and places in it'],
    ['an unknown operator', { A: { Type: 'Choice', Choices: [{ Variable: '$.a', StringLike: 'b', Next: 'A' }] } }, 'the operator StringLike of a choice is not known'],
    ['a way to nowhere', { A: task({ Next: 'B' }) }, 'there is no state B'],
  ])('is refused by name: %s', (_, states, message) => {
    expect(() => compileDefinition(JSON.stringify({ StartAt: 'A', States: states }))).toThrow(message);
  });

  it('tells which functions it calls, those of branches too', () => {
    const branch = { StartAt: 'B', States: { B: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: { FunctionName: `${FUNCTION}:live` }, End: true } } };
    const definition = { StartAt: 'A', States: { A: task({ Next: 'P' }), P: { Type: 'Parallel', Branches: [branch], End: true } } };
    expect(invokedFunctions(compileDefinition(JSON.stringify(definition)))).toEqual([FUNCTION, `${FUNCTION}:live`]);
  });
});

describe('expressions', () => {
  const evaluate = (source: string, data: Json = {}) => compileExpression(source)({ data, context: { State: { Name: 's' } }, random: () => 0.5 });

  it.each<[string, Json, Json]>([
    ['States.Format(\'{} of {}: \\{\\}\', $.a, States.ArrayLength($.l))', { a: 1, l: [1, 2] }, '1 of 2: {}'],
    ['States.StringToJson($.t)', { t: '{"a":[1]}' }, { a: [1] }],
    ['States.JsonToString($)', { a: 1 }, '{"a":1}'],
    ['States.ArrayGetItem(States.Array($.a, \'it\\\'s\', null), 1)', { a: 1 }, 'it\'s'],
    ['States.ArrayPartition($.l, 2)', { l: [1, 2, 3] }, [[1, 2], [3]]],
    ['States.ArrayRange(1, 9, 4)', {}, [1, 5, 9]],
    ['States.ArrayUnique($.l)', { l: [1, 1, 2] }, [1, 2]],
    ['States.ArrayContains($.l, 2)', { l: [1, 2] }, true],
    ['States.Base64Decode(States.Base64Encode($.t))', { t: 'hä' }, 'hä'],
    ['States.Hash($.t, \'SHA-256\')', { t: 'a' }, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['States.JsonMerge($.a, $.b, false)', { a: { x: 1, y: 1 }, b: { y: 2 } }, { x: 1, y: 2 }],
    ['States.MathAdd(States.MathRandom(1, 11), -1)', {}, 5],
    ['States.StringSplit($.t, \',\')', { t: 'a,b' }, ['a', 'b']],
    ['$$.State.Name', {}, 's'],
  ])('%s', (source, data, value) => {
    expect(evaluate(source, data)).toEqual(value);
  });

  it('fail as Step Functions does where there is nothing, or something else', () => {
    expect(() => evaluate('$.a.b', { a: {} })).toThrow('States.ParameterPathFailure');
    expect(() => evaluate('States.MathAdd(1, $.a)', { a: '2' })).toThrow('States.IntrinsicFailure');
    expect(() => compileExpression('States.Format(\'{}\', $.a')).toThrow('lacks a');
    expect(() => ReferencePath.parse('$.a').write([1], 2)).toThrow('States.ResultPathMatchFailure');
    expect(ReferencePath.parse('$[\'a b\'].c[1]').find({ 'a b': { c: [1, 2] } })).toBe(2);
    expect(ReferencePath.parse('$.a[0].b').write({ a: [{ b: 1, c: 2 }] }, 3)).toEqual({ a: [{ b: 3, c: 2 }] });
  });
});

describe('the server', () => {
  it('speaks the protocol of Step Functions', async () => {
    const engine = new WorkflowEngine({
      stateMachines: [{ arn: ARN, definition: JSON.stringify({ StartAt: 'A', States: { A: task({ End: true }) } }) }],
      tasks: { invoke: async (_, payload) => ((payload as { bad?: boolean }).bad ? fail('Bad')() : { got: payload }), sendMessage: async () => null },
    });
    const server = await WorkflowServer.start(engine);
    const client = new AwsJsonClient({ service: 'states', region: 'eu-west-1', endpoint: server.endpoint, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 's' }) });
    const call = (operation: string, input: object) => client.call<Record<string, unknown>>(operation, { stateMachineArn: ARN, ...input });
    expect(await call('StartExecution', { input: '{"a":1}', name: 'n' })).toEqual({
      executionArn: expect.stringMatching(/^arn:aws:states:eu-west-1:000000000000:express:m:n:/), startDate: expect.any(Number),
    });
    expect(await call('StartSyncExecution', { input: '{"a":1}' })).toMatchObject({ status: 'SUCCEEDED', output: '{"got":{"a":1}}' });
    expect(await call('StartSyncExecution', { input: '{"bad":true}' })).toMatchObject({ status: 'FAILED', error: 'Bad', cause: 'because' });
    await expect(call('StartExecution', { stateMachineArn: 'x' })).rejects.toMatchObject({ code: 'StateMachineDoesNotExist' });
    await expect(call('StartExecution', { input: '{' })).rejects.toMatchObject({ code: 'InvalidExecutionInput' });
    await expect(call('DescribeExecution', {})).rejects.toThrow(AwsServiceError);
    await expect(call('ListExecutions', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
    client.close();
    await server.stop();
  });
});
