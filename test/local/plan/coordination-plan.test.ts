import * as fs from 'node:fs';
import * as path from 'node:path';
import { CfnResource, Duration, type Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { planRun } from '../../../local/plan/run-plan';
import { testApp, testStack } from '../../support/app';
import { emptyAssets } from '../../support/payout-definition';
import { PayoutStack } from '../../support/payout-stack';
import { temporaryFolder } from '../run/cht';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

let outputs = 0;
function synthesized(build: (stack: Stack) => void): Topology {
  const outdir = path.join(folder, `out${outputs++}`);
  const app = testApp({ outdir });
  build(testStack(app));
  app.synth();
  return Topology.read(outdir);
}

describe('the plan of state machines and event buses', () => {
  it('runs the functions that a state machine calls, with what they need', () => {
    const outdir = path.join(folder, 'payouts');
    const { assets, folder: bundles } = emptyAssets();
    const app = testApp({ outdir });
    new PayoutStack(app, 'payouts', { env: { region: 'eu-west-1' }, assets });
    app.synth();
    const topology = Topology.read(outdir);
    expect(checkCoverage(topology).summary[0]).toContain('1 state machines, 1 event buses.');
    const { events: { busNames, rules }, functions, queues, stateMachines } = planRun(topology);
    const [machine] = stateMachines;
    const steps = functions.find(({ environment }) => 'TRANSFER_ENDPOINT' in environment)!;
    const watch = functions.find(({ handler }) => handler === 'index.watchHandler')!;
    expect(machine.functionNames).toEqual([steps.name]);
    expect(watch.environment.PAYOUT_STATE_MACHINE_ARN).toBe(machine.arn);
    expect(machine.arn).toMatch(/^arn:aws:states:eu-west-1:\d{12}:stateMachine:payouts-/);
    expect(steps.environment.EVENT_BUS_NAME).toBe(busNames[0]);
    expect(rules).toEqual([expect.objectContaining({ busName: busNames[0], targets: [expect.objectContaining({ queueArn: expect.any(String) })] })]);
    expect(queues.map(({ arn }) => arn)).toContain(rules[0].targets[0].queueArn);
    fs.rmSync(bundles, { recursive: true });
  });

  it('leaves out rules with a schedule', () => {
    const topology = synthesized((stack) => {
      new events.Rule(stack, 'Nightly', { schedule: events.Schedule.rate(Duration.hours(24)) });
    });
    expect(checkCoverage(topology).properties.get('AWS::Events::Rule.ScheduleExpression')).toBe('inert');
    expect(planRun(topology).events.rules).toEqual([]);
  });

  it.each<[string, (stack: Stack) => void, string]>([
    ['a standard state machine', (stack) => {
      new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Pass(stack, 'Done')) });
    }, 'stack/Machine/Resource is a state machine of the type STANDARD: EXPRESS runs here.'],
    ['a state that does not run here', (stack) => {
      const map = new sfn.Map(stack, 'Each').itemProcessor(new sfn.Pass(stack, 'Done'));
      new sfn.StateMachine(stack, 'Machine', { stateMachineType: sfn.StateMachineType.EXPRESS, definitionBody: sfn.DefinitionBody.fromChainable(map) });
    }, 'stack/Machine/Resource is defined with what does not run here: the state Each: states of the type Map do not run here.'],
    ['a function of another app', (stack) => {
      const definition = { StartAt: 'A', States: { A: { Type: 'Task', Resource: 'arn:aws:lambda:eu-west-1:1:function:elsewhere', End: true } } };
      new CfnResource(stack, 'Machine', {
        type: 'AWS::StepFunctions::StateMachine', properties: { StateMachineType: 'EXPRESS', RoleArn: 'r', DefinitionString: JSON.stringify(definition) },
      });
    }, 'invokes elsewhere, which is no function of this assembly.'],
    ['a target that is no queue', (stack) => {
      const target = new lambda.Function(stack, 'F', { code: lambda.Code.fromInline('x'), handler: 'i.h', runtime: lambda.Runtime.NODEJS_22_X });
      new events.Rule(stack, 'Rule', { eventPattern: { source: ['s'] }, targets: [new targets.LambdaFunction(target)] });
    }, 'which is no queue of this assembly: only queues get events here.'],
    ['a target of a first-in-first-out queue', (stack) => {
      const queue = new sqs.Queue(stack, 'Q', { fifo: true });
      new events.Rule(stack, 'Rule', { eventPattern: { source: ['s'] }, targets: [new targets.SqsQueue(queue, { messageGroupId: 'g' })] });
    }, 'has a target with SqsParameters, which does not run here.'],
    ['a pattern that does not run here', (stack) => {
      const queue = new sqs.Queue(stack, 'Q');
      new events.Rule(stack, 'Rule', { eventPattern: { source: events.Match.wildcard('s*') }, targets: [new targets.SqsQueue(queue)] });
    }, 'stack/Rule/Resource has what does not run here: the rule'],
  ])('refuses %s by name', (_, build, message) => {
    const topology = synthesized(build);
    expect(() => planRun(topology)).toThrow(message);
  });
});
