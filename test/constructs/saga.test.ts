import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Saga } from '../../constructs/resilience/saga';
import type { SagaProps } from '../../constructs/resilience/saga-props';
import { SagaTask } from '../../constructs/resilience/saga-task';
import { PayoutContradictionError, PayoutRefusedError, PayoutRejectedError, PayoutUnavailableError } from '../../lambdas/payout/errors';
import { PAYOUT_STEPS } from '../../lambdas/payout/handler';
import { Facts } from '../../lib/facts';
import { SIZING_METADATA_KEY, sizeSaga } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { compileDefinition } from '../../local/engines/workflow';
import { emptyAssets } from '../support/payout-definition';
import { PayoutStack } from '../support/payout-stack';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(50) });

/** The states of the template's state machine; what refers to other resources is one word. */
function statesOf(template: Template): Record<string, any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  return definitionOf(template).States;
}

function definitionOf(template: Template): Record<string, any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  const { DefinitionString: text } = onlyResource(template, 'AWS::StepFunctions::StateMachine').Properties;
  const parts: readonly unknown[] = typeof text === 'string' ? [text] : text['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''));
}

function call(stack: Stack, name: string): SagaTask {
  return SagaTask.invoke(lambda.Function.fromFunctionName(stack, name, name));
}

function threeSteps(stack: Stack): SagaProps {
  return {
    workload,
    steps: [
      { name: 'Reserve', action: call(stack, 'reserve'), compensation: call(stack, 'free'), transientErrors: ['Busy'] },
      { name: 'Check', action: call(stack, 'check') },
      { name: 'Charge', action: call(stack, 'charge'), compensation: call(stack, 'refund'), compensateOn: ['Refused'] },
      { name: 'Send', action: call(stack, 'send'), compensateOn: [] },
    ],
  };
}

describe('Saga', () => {
  let stack: Stack;
  let saga: Saga;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    saga = new Saga(stack, 'Booking', threeSteps(stack));
    const starter = new iam.Role(stack, 'Starter', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    saga.grantStart(starter);
    template = Template.fromStack(stack);
  });

  it('goes through its steps and says that it is completed', () => {
    const states = statesOf(template);
    expect(definitionOf(template).StartAt).toBe('Begin');
    expect(['Begin', 'Reserve', 'Check', 'Charge', 'Send'].map((name) => states[name].Next)).toEqual(['Reserve', 'Check', 'Charge', 'Send', 'Completed']);
    expect(states.Completed).toMatchObject({ Type: 'Pass', Result: 'completed', ResultPath: '$.outcome', End: true });
    expect(states.Reserve).toMatchObject({ ResultPath: '$.steps.Reserve', ResultSelector: { 'value.$': '$.Payload' }, Parameters: { 'Payload.$': '$' } });
  });

  it('undoes a failed step and those before it, in reverse order', () => {
    const states = statesOf(template);
    expect(states.Reserve.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'UndoReserve' }]);
    expect(states.Check.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'UndoReserve' }]);
    expect([states.UndoCharge.Next, states.UndoReserve.Next]).toEqual(['UndoReserve', 'Compensated']);
    expect(states.Compensated).toMatchObject({ Type: 'Pass', Result: 'compensated', ResultPath: '$.outcome', End: true });
  });

  it('undoes only after the errors that a step names, and never behind a step that names none', () => {
    const states = statesOf(template);
    expect(states.Charge.Catch).toEqual([
      { ErrorEquals: ['Refused'], ResultPath: '$.failure', Next: 'UndoCharge' },
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Park' },
    ]);
    expect(states.Send.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Park' }]);
  });

  it('parks what can neither go on nor back, with its data, and fails', () => {
    const states = statesOf(template);
    for (const name of ['UndoReserve', 'UndoCharge']) {
      expect(states[name].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Park' }]);
    }
    expect(states.Park).toMatchObject({
      Next: 'Failed', ResultPath: null, Parameters: { MessageBody: { 'execution.$': '$$.Execution.Id', 'data.$': '$' } },
      Retry: [{ ErrorEquals: ['States.ALL'] }],
    });
    expect(states.Failed).toMatchObject({ Type: 'Fail', Error: 'SagaUnfinished' });
    template.hasResource('AWS::SQS::Queue', { DeletionPolicy: 'Retain', Properties: { MessageRetentionPeriod: 14 * 86_400, KmsMasterKeyId: Match.anyValue() } });
  });

  it('tries what passes by itself again, with waits that grow and full jitter', () => {
    const { Retry: [retry] } = statesOf(template).Reserve;
    expect(retry).toMatchObject({ IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2, MaxDelaySeconds: 5, JitterStrategy: 'FULL' });
    expect(retry.ErrorEquals).toEqual(expect.arrayContaining(['Busy', 'States.Timeout', 'Lambda.TooManyRequestsException', 'Runtime.ExitError']));
    expect(statesOf(template).Charge.Retry[0].ErrorEquals).not.toContain('Busy');
    expect(statesOf(template).Charge.Retry[0].ErrorEquals).not.toContain('States.ALL');
  });

  it('gives every task a timeout with which the slowest way ends before the execution does', () => {
    const layout = { actions: 4, compensations: 2, endings: 1 };
    const sizing = sizeSaga(workload, layout, Facts.DEFAULT.forRegion('eu-west-1'));
    const tasks = Object.values(statesOf(template)).filter(({ Type }) => Type === 'Task');
    expect(tasks).toHaveLength(7);
    expect(tasks.every(({ TimeoutSeconds }) => TimeoutSeconds === sizing.taskTimeout.toSeconds())).toBe(true);
    expect(7 * (3 * sizing.taskTimeout.toSeconds() + 1 + 2)).toBeLessThanOrEqual(sizing.timeout.toSeconds());
    expect(definitionOf(template).TimeoutSeconds).toBe(sizing.timeout.toSeconds());
    expect(sizing.timeout.toSeconds()).toBeLessThanOrEqual(300);
  });

  it('is an Express workflow under the customer key, traced, with its course and no data in its log', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'EXPRESS',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsDataKeyReusePeriodSeconds: 300, KmsKeyId: Match.anyValue() },
    });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { KmsKeyId: Match.anyValue(), RetentionInDays: 365 } });
  });

  it('may use its key for state machines of this account, and log delivery for the logs of it', () => {
    const keyUse = statements(template).filter(({ actions }) => actions.some((action) => action.startsWith('kms:')));
    expect(JSON.stringify(keyUse.map(({ Condition }) => Condition))).toContain('stateMachine:*');
    const policies = Object.values(resourcesOf(template, 'AWS::KMS::Key')).flatMap((key) => key.Properties.KeyPolicy.Statement);
    const delivery = policies.filter(({ Principal, Action }) => Principal.Service === 'delivery.logs.amazonaws.com' && Action === 'kms:Decrypt');
    expect(delivery).toHaveLength(1);
    expect(Object.keys(delivery[0].Condition.StringEquals)).toEqual(['kms:EncryptionContext:SourceArn']);
  });

  it('lets a starter start and do nothing else, and the saga call its very functions', () => {
    expect(allowedActions(template).filter((it) => it.startsWith('states:'))).toEqual(['states:StartExecution']);
    const called = statements(template).filter(({ actions }) => actions.includes('lambda:InvokeFunction')).flatMap(({ resources }) => resources);
    expect(called.map((it) => JSON.stringify(it).match(/function:([^"]*)/)![1]).sort()).toEqual(['charge', 'check', 'free', 'refund', 'reserve', 'send']);
    expect(allowedActions(template).filter((it) => it.includes('*'))).toEqual([]);
  });

  it('warns of executions that fail, time out or wait, and of what is parked, each alarm on its own resource', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties);
    expect(alarms.map((it) => it.MetricName).sort()).toEqual([
      'ApproximateNumberOfMessagesVisible', 'ExecutionThrottled', 'ExecutionsFailed', 'ExecutionsTimedOut',
    ]);
    expect(alarms.every((it) => it.Threshold === 0)).toBe(true);
    expect(Object.keys(saga.alarms.alarms)).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsThrottled', 'Unfinished']);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('writes its times and what it uses of the account into the metadata', () => {
    const { decisions } = template.toJSON().Metadata[SIZING_METADATA_KEY];
    expect(decisions.map((it: { name: string }) => it.name)).toEqual(['executionsPerSecond', 'retries', 'taskTimeout', 'timeout', 'concurrency']);
    expect(decisions[0]).toMatchObject({ value: 50, quota: { id: 'stepfunctions/express.startExecution.tps', used: 50, adjustable: true } });
    expect(decisions[4]).toMatchObject({ value: 124, quota: { id: 'lambda/concurrency.accountDefault' } });
  });

  it('is what the local run understands', () => {
    expect(() => compileDefinition(JSON.stringify(definitionOf(template)).replaceAll('arn:x:states', 'arn:aws:states'))).not.toThrow();
  });
});

describe('a saga of one\'s own', () => {
  it('takes an existing key, log key and queue, and whatever CDK offers', () => {
    const stack = testStack();
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/a');
    const parkingQueue = sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:parked');
    const saga = new Saga(stack, 'Booking', {
      ...threeSteps(stack), encryptionKey: key, logEncryptionKey: key, parkingQueue, stateMachineProps: { stateMachineName: 'booking', tracingEnabled: false },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.resourceCountIs('AWS::SQS::Queue', 0);
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { StateMachineName: 'booking', TracingConfiguration: { Enabled: false } });
    expect(Object.keys(saga.alarms.alarms)).not.toContain('Unfinished');
  });

  it('runs a task of its own before it parks, and a chain of states in the place of a function', () => {
    const stack = testStack();
    const wait = new sfn.Wait(stack, 'Wait', { time: sfn.WaitTime.duration(Duration.seconds(1)) });
    new Saga(stack, 'Booking', {
      workload,
      steps: [{ name: 'Think', action: SagaTask.chain(wait.next(new sfn.Pass(stack, 'Done'))) }],
      unfinished: call(stack, 'note'),
    });
    const states = statesOf(Template.fromStack(stack));
    expect(states.Think).toMatchObject({ Type: 'Parallel', ResultPath: '$.steps.Think', ResultSelector: { 'value.$': '$[0]' }, Next: 'Completed' });
    expect(states.Think.Catch[0].Next).toBe('Compensated');
    expect(states.Unfinished).toBeUndefined();
    const other = testStack();
    new Saga(other, 'Booking', { ...threeSteps(other), unfinished: call(other, 'note') });
    expect(statesOf(Template.fromStack(other)).Unfinished).toMatchObject({
      Next: 'Failed', ResultPath: null, Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Park' }],
    });
  });

  it('lets who waits for the outcome read it under the saga\'s key', () => {
    const stack = testStack();
    const saga = new Saga(stack, 'Booking', threeSteps(stack));
    saga.grantStartSync(new iam.Role(stack, 'Starter', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const allowed = allowedActions(Template.fromStack(stack));
    expect(allowed).toEqual(expect.arrayContaining(['states:StartSyncExecution', 'kms:Decrypt']));
  });

  it.each<[string, (stack: Stack) => Partial<SagaProps>, string]>([
    ['no step', () => ({ steps: [] }), '`steps` must hold at least one step, got: none'],
    ['a name that is no word', (stack) => ({ steps: [{ name: 'a b', action: call(stack, 'f') }] }), '`steps[0].name` must be letters and digits'],
    ['a name that every saga has', (stack) => ({ steps: [{ name: 'Park', action: call(stack, 'f') }] }), 'must differ from Begin, Completed'],
    ['a name twice', (stack) => ({ steps: [{ name: 'A', action: call(stack, 'f') }, { name: 'A', action: call(stack, 'g') }] }), 'got: A twice'],
    ['every error beside others', (stack) => ({ steps: [{ name: 'A', action: call(stack, 'f'), compensateOn: ['States.ALL', 'B'] }] }), 'must name States.ALL alone'],
    ['a timeout beyond what an execution has', () => ({ timeout: Duration.minutes(6) }), '`timeout` must be between 1 and 300 seconds, got: 360'],
    ['retries below none', () => ({ retries: -1 }), '`retries` must be between 0'],
    ['more steps than fit', (stack) => ({
      steps: Array.from({ length: 20 }, (_, index) => ({ name: `S${index}`, action: call(stack, `f${index}`) })),
    }), '`steps` must leave each attempt of a task at least 5 s'],
  ])('refuses %s', (_, props, message) => {
    const stack = testStack();
    expect(() => new Saga(stack, 'Booking', { ...threeSteps(stack), ...props(stack) })).toThrow(message);
  });

  it('fails the synthesis where a timeout set by hand is shorter than the slowest way', () => {
    const stack = testStack();
    new Saga(stack, 'Booking', { ...threeSteps(stack), timeout: Duration.seconds(100) });
    expect(() => Template.fromStack(stack)).toThrow('`timeout` must be at least the slowest way through all tasks');
    const other = testStack();
    new Saga(other, 'Booking', { ...threeSteps(other), timeout: Duration.seconds(200), taskTimeout: Duration.seconds(5) });
    expect(() => Template.fromStack(other)).not.toThrow();
  });

  it('synthesizes where the region is open', () => {
    const stack = new Stack(testApp(), 'open');
    new Saga(stack, 'Booking', threeSteps(stack));
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

describe('the saga of payouts', () => {
  it('names the errors and steps that its functions have', () => {
    const { assets } = emptyAssets();
    const stack = new PayoutStack(testApp(), 'payouts', { env: { region: 'eu-west-1' }, assets });
    const template = Template.fromStack(stack);
    const states = statesOf(template);
    const called = Object.values(states).flatMap(({ Parameters: parameters }) => parameters?.Payload?.step ?? []);
    expect(called.sort()).toEqual([...PAYOUT_STEPS].sort());
    const names = [PayoutRejectedError, PayoutRefusedError].map((it) => new it('').name);
    expect([states.Hold.Catch[0], states.Transfer.Catch[0]]).toEqual(names.map((name) => expect.objectContaining({ ErrorEquals: [name], Next: 'UndoHold' })));
    expect(states.Settle.Catch).toEqual([expect.objectContaining({ ErrorEquals: ['States.ALL'], Next: 'Unfinished' })]);
    for (const name of ['Hold', 'Transfer', 'Settle', 'UndoHold']) {
      expect(states[name].Retry[0].ErrorEquals).toContain(new PayoutUnavailableError('').name);
      expect(states[name].Retry[0].ErrorEquals).not.toContain(new PayoutContradictionError('').name);
    }
    expect(danglingAlarmDimensions(template)).toEqual([]);
    // Nothing of the ledger is deleted or scanned.
    expect(allowedActions(template)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^dynamodb:(Delete|Scan)/)]));
  });
});
