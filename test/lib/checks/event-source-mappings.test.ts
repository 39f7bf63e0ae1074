import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CheckContext } from '../../../lib/checks/check-context';
import { type EventSourceMapping, eventSourceMappings } from '../../../lib/checks/views/event-source-mappings';
import { Topology } from '../../../lib/topology';
import { Parts } from './planted/parts';

describe('the view of event source mappings', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mappings-'));
  let mappings: ReadonlyMap<string, EventSourceMapping>;

  beforeAll(() => {
    const app = new App({ outdir: folder });
    const stack = new Stack(app, 'stack', { env: { region: 'eu-west-1' } });
    const parts = new Parts(stack);
    parts.streamWorker({ mapping: { maximumRetryAttempts: -1, parallelizationFactor: 4, tumblingWindowInSeconds: 30 } }, 'Full');
    parts.streamWorker({ consumer: true }, 'Pushed');
    parts.tableWorker();
    parts.queueWorker({ mapping: { scalingConfig: { maximumConcurrency: 7 } } });
    parts.kafkaWorker();

    const fn = new lambda.Function(stack, 'Own', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('-') });
    const stream = new kinesis.Stream(stack, 'Stream', { shardCount: 1 });
    const bare = { eventSourceArn: stream.streamArn, startingPosition: 'LATEST' };
    new lambda.CfnEventSourceMapping(stack, 'BareMapping', { functionName: fn.addAlias('live').functionArn, ...bare });
    new lambda.CfnEventSourceMapping(stack, 'VersionMapping', { functionName: fn.currentVersion.functionArn, ...bare, enabled: false });
    new lambda.CfnEventSourceMapping(stack, 'ArnMapping', { functionName: fn.functionArn, ...bare });
    new lambda.CfnEventSourceMapping(stack, 'ElsewhereMapping', {
      functionName: Fn.importValue('other-function'), eventSourceArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/other/consumer/mine:1',
      startingPosition: 'LATEST', batchSize: new CfnParameter(stack, 'Size', { type: 'Number' }).valueAsNumber,
    });
    app.synth();
    const context = new CheckContext({ topology: Topology.read(folder, { unresolved: 'stand-in' }) });
    mappings = new Map(eventSourceMappings(context).map((it) => [it.resource.logicalId, it]));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('fills in what AWS does by default', () => {
    expect(mappings.get('BareMapping')).toMatchObject({
      enabled: true, batchSize: 100, batchingWindow: 0, parallelizationFactor: 1, maximumRetryAttempts: Infinity, maximumRecordAge: Infinity,
      bisects: false, reportsFailures: false, tumblingWindow: 0, hasProvisionedPollers: false,
    });
    expect(mappings.get('BareMapping')).toHaveProperty('failureDestination', undefined);
  });

  it('reads what is stated', () => {
    expect(mappings.get('FullMapping')).toMatchObject({
      batchSize: 200, batchingWindow: 1, parallelizationFactor: 4, maximumRetryAttempts: Infinity, maximumRecordAge: 64_800,
      bisects: true, reportsFailures: true, tumblingWindow: 30, startingPosition: 'TRIM_HORIZON', failureDestination: { kind: 's3' },
    });
    expect(mappings.get('VersionMapping')?.enabled).toBe(false);
  });

  it.each([
    ['FullMapping', 'kinesis', 'FullStream', undefined],
    ['PushedMapping', 'kinesis', 'PushedStream', 'PushedConsumer'],
    ['ProjectorMapping', 'table', 'ProjectorTable', undefined],
    ['LaterMapping', 'queue', 'LaterQueue', undefined],
    ['FromKafkaMapping', 'kafka', undefined, undefined],
  ])('finds the source of %s', (mapping, kind, resource, consumer) => {
    const { source } = mappings.get(mapping)!;
    expect([source.kind, source.resource?.logicalId, typeof source.consumer === 'object' ? source.consumer.logicalId : source.consumer])
      .toEqual([kind, resource, consumer]);
  });

  it.each(['BareMapping', 'VersionMapping', 'ArnMapping'])('finds the function of %s behind its alias, its version or its ARN', (mapping) => {
    expect(mappings.get(mapping)?.function?.type).toBe('AWS::Lambda::Function');
  });

  it('knows what belongs to queues and Kafka only', () => {
    expect(mappings.get('LaterMapping')).toMatchObject({ batchSize: 10, maximumConcurrency: 7 });
    expect(mappings.get('FromKafkaMapping')).toMatchObject({ hasProvisionedPollers: true, batchingWindow: 1, maximumRetryAttempts: 5 });
  });

  it('holds nothing against what only the deployment knows', () => {
    const elsewhere = mappings.get('ElsewhereMapping')!;
    expect(elsewhere).toMatchObject({ batchSize: NaN, source: { kind: 'kinesis', consumer: expect.stringContaining('/consumer/mine') } });
    expect([elsewhere.function, elsewhere.source.resource]).toEqual([undefined, undefined]);
  });
});
