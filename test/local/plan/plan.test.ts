import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { environments } from '../../../apps/payment-reference/workload';
import { PaymentReferenceStage } from '../../../apps/payment-reference/payment-reference-stage';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { queueMappingConfiguration, streamMappingConfiguration } from '../../../local/plan/mapping-configuration';
import { planRun, type RunPlan } from '../../../local/plan/run-plan';
import { tableHostConfiguration } from '../../../local/plan/table-hosting';
import { testApp } from '../../support/app';
import { temporaryFolder } from '../run/cht';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

let outputs = 0;
function synthesized(build: (stack: Stack) => void): Topology {
  const outdir = path.join(folder, `out${outputs++}`);
  const app = new App({ outdir });
  build(new Stack(app, 'Test'));
  app.synth();
  return Topology.read(outdir);
}

describe('the plan of the reference', () => {
  let plan: RunPlan;
  let topology: Topology;

  beforeAll(() => {
    const app = testApp({ outdir: path.join(folder, 'reference') });
    new PaymentReferenceStage(app, 'payments', { environmentName: 'local', workload: environments.local, env: { region: 'eu-west-1' } });
    app.synth();
    topology = Topology.read(path.join(folder, 'reference'));
    plan = planRun(topology);
  });

  it('covers every property of the assembly', () => {
    const { details, properties, summary } = checkCoverage(topology);
    expect(summary[0]).toBe('Runs: 3 streams, 8 tables, 14 queues, 11 buckets, 9 event source mappings, 1 services,'
      + ' 1 serverless caches, 1 state machines, 1 event buses.');
    expect(details[0]).toContain('Service (LoadBalancers)');
    expect(properties.get('AWS::Lambda::EventSourceMapping.BatchSize')).toBe('run');
    expect(properties.get('AWS::Lambda::EventSourceMapping.DestinationConfig')).toBe('run');
    expect(properties.get('AWS::DynamoDB::GlobalTable.WarmThroughput')).toBe('modelled');
  });

  it('runs the functions that a mapping or a state machine invokes and no other', () => {
    expect(plan.functions.length).toBe(plan.mappings.filter(({ source }) => source !== 'table-stream').length + 2 + 1);
    expect(plan.functions.every(({ codeFolder }) => fs.readdirSync(codeFolder).includes('index.js'))).toBe(true);
    expect(plan.functions.every(({ handler, timeoutMilliseconds }) => /^index\.(watchH|h)andler$/.test(handler) && timeoutMilliseconds >= 1000)).toBe(true);
  });

  it('runs the very bundle of the container image', () => {
    const payments = plan.streams.find(({ name }) => name.includes('cell1-stream'))!;
    expect(plan.services).toHaveLength(1);
    expect(fs.readdirSync(plan.services[0].codeFolder)).toEqual(expect.arrayContaining(['Dockerfile', 'index.js']));
    expect(plan.services[0].environment).toMatchObject({ STREAM_NAME: payments.name, AUTHENTICATION: 'jwt' });
  });

  it('resolves what handlers are told of tables and queues', () => {
    const worker = plan.functions.find(({ environment }) => 'REFUND_QUEUE_URL' in environment)!;
    expect(plan.queues.map(({ url }) => url)).toContain(worker.environment.REFUND_QUEUE_URL);
    expect(plan.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(worker.environment.LEDGER_TABLES.split(',')));
  });

  it('gives the mappings the configuration of the template', () => {
    const [projector, refunds, payments] = ['table-stream', 'queue', 'kinesis'].map((source) => plan.mappings.find((mapping) => mapping.source === source)!);
    expect(streamMappingConfiguration(payments)).toMatchObject({
      source: 'kinesis', enhancedFanOut: true, parallelizationFactor: 1, maximumRetryAttempts: -1, reportBatchItemFailures: true,
      bisectBatchOnFunctionError: true, startingPosition: { type: 'TRIM_HORIZON' },
    });
    expect(payments.sourceArn).toBe(plan.streams.find(({ name }) => name.includes('cell1-stream'))!.arn);
    const table = streamMappingConfiguration(projector);
    expect(table.tumblingWindowMilliseconds).toBeGreaterThan(0);
    expect(table.filter!({ eventName: 'MODIFY' })).toBe(false);
    expect(table.filter!({ eventName: 'INSERT' })).toBe(true);
    expect(queueMappingConfiguration(refunds)).toMatchObject({ queueArn: refunds.sourceArn, reportBatchItemFailures: true });
  });

  it('lays tables out as AWS would: partitions and stream shards from what they are warm for', () => {
    const { tables, limits } = tableHostConfiguration(plan.tables);
    const ledger = tables.find(({ streamArn }) => streamArn !== undefined)!;
    const { readUnitsPerSecond, writeUnitsPerSecond } = ledger;
    const need = Math.max(writeUnitsPerSecond / limits.partitionWriteUnits, readUnitsPerSecond / limits.partitionReadUnits);
    expect(ledger.partitions).toBe(Math.ceil(need));
    expect(ledger.streamShards).toBeGreaterThanOrEqual(4);
    expect(tables.filter((table) => table !== ledger).every(({ streamArn }) => streamArn === undefined)).toBe(true);
  });
});

describe('what the run does not know', () => {
  it('is refused by the name of the type', () => {
    const topology = synthesized((stack) => new CfnResource(stack, 'Broker', { type: 'AWS::AmazonMQ::Broker' }));
    expect(() => checkCoverage(topology)).toThrow(
      'This assembly uses what the local run does not know, and will not ignore:\n  - AWS::AmazonMQ::Broker (Test/Broker)',
    );
  });

  it('is refused by the name of the property', () => {
    const topology = synthesized((stack) => new CfnResource(stack, 'Mapping', {
      type: 'AWS::Lambda::EventSourceMapping', properties: { Topics: ['payments'], BatchSize: 5 },
    }));
    expect(() => checkCoverage(topology)).toThrow('  - AWS::Lambda::EventSourceMapping.Topics (Test/Mapping)');
  });

  it('runs a stream on demand, which begins with as many shards as AWS gives it', () => {
    const topology = synthesized((stack) => new kinesis.Stream(stack, 'Stream', { streamMode: kinesis.StreamMode.ON_DEMAND }));
    expect(planRun(topology).streams).toEqual([expect.objectContaining({ mode: 'ON_DEMAND', shards: undefined, retentionHours: 24 })]);
  });

  it('takes a table with autoscaling for one that has scaled', () => {
    const topology = synthesized((stack) => new dynamodb.TableV2(stack, 'Ledger', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.provisioned({
        readCapacity: dynamodb.Capacity.fixed(5), writeCapacity: dynamodb.Capacity.autoscaled({ maxCapacity: 900 }),
      }),
    }));
    expect(() => checkCoverage(topology)).not.toThrow();
    expect(planRun(topology).tables).toEqual([expect.objectContaining({ billing: 'provisioned', writeUnitsPerSecond: 900 })]);
  });

  it('is refused where a stream has neither shards nor a mode without', () => {
    const topology = synthesized((stack) => new CfnResource(stack, 'Stream', { type: 'AWS::Kinesis::Stream', properties: { Name: 'payments' } }));
    expect(() => planRun(topology)).toThrow('Test/Stream has no ShardCount, which a provisioned stream needs.');
  });

  it('includes a mapping without its function', () => {
    const topology = synthesized((stack) => new CfnResource(stack, 'Mapping', {
      type: 'AWS::Lambda::EventSourceMapping',
      properties: { FunctionName: 'elsewhere', EventSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:queue' },
    }));
    expect(() => planRun(topology)).toThrow('invokes elsewhere, which is no function of this assembly.');
  });
});
