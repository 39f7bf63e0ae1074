import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CfnOutput, CfnParameter, Duration, Fn, Lazy, Stack, Stage } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AssemblyError, codeFolder, Topology } from '../../../lib/topology';

describe('the topology of a CDK app with stages and references between stacks', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'topology-'));
  let topology: Topology;

  beforeAll(() => {
    const code = path.join(folder, 'code');
    fs.mkdirSync(code);
    fs.writeFileSync(path.join(code, 'index.js'), 'exports.handler = async () => undefined;');

    const app = new App({ outdir: path.join(folder, 'out') });
    const stage = new Stage(app, 'Test', { env: { region: 'eu-west-1' } });
    const data = new Stack(stage, 'data');
    const table = new dynamodb.TableV2(data, 'Ledger', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
    });
    const streams = new Stack(stage, 'stream');
    const stream = new kinesis.Stream(streams, 'Events', { shardCount: 3 });
    const worker = new Stack(stage, 'worker');
    const queue = new sqs.Queue(worker, 'Later', { deliveryDelay: Duration.seconds(5) });
    const issuer = new CfnParameter(worker, 'Issuer');
    const handler = new lambda.Function(worker, 'Worker', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(code),
      environment: {
        TABLE: table.tableName,
        QUEUE: queue.queueUrl,
        ISSUER: issuer.valueAsString,
        JOINED: Fn.join('-', ['a', Fn.select(1, Fn.split('/', 'x/y'))]),
        SUBSTITUTED: Fn.sub('${AWS::Region}:${Name}:${!Literal}', { Name: stream.streamName }),
        LATER: Lazy.string({ produce: () => 'known' }),
      },
    });
    handler.addAlias('live').addEventSource(new KinesisEventSource(stream, { startingPosition: lambda.StartingPosition.TRIM_HORIZON }));
    new CfnOutput(worker, 'Out', { value: handler.functionArn });
    app.synth();
    topology = Topology.read(path.join(folder, 'out'), { parameters: { Issuer: 'https://issuer.example' }, account: '111122223333' });
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const theOnly = (type: string) => {
    const found = topology.ofType(type);
    expect(found).toHaveLength(1);
    return found[0];
  };

  it('has the stacks of the stage', () => {
    expect(topology.stacks.map(({ displayName, stackName, region }) => ({ displayName, stackName, region }))).toEqual([
      { displayName: 'Test/data', stackName: 'Test-data', region: 'eu-west-1' },
      { displayName: 'Test/stream', stackName: 'Test-stream', region: 'eu-west-1' },
      { displayName: 'Test/worker', stackName: 'Test-worker', region: 'eu-west-1' },
    ]);
  });

  it('resolves references within and between stacks, parameters and functions', () => {
    const table = theOnly('AWS::DynamoDB::GlobalTable');
    const queue = theOnly('AWS::SQS::Queue');
    const stream = theOnly('AWS::Kinesis::Stream');
    expect(theOnly('AWS::Lambda::Function').properties.Environment).toEqual({
      Variables: {
        TABLE: table.physicalName,
        QUEUE: `https://sqs.eu-west-1.amazonaws.com/111122223333/${queue.physicalName}`,
        ISSUER: 'https://issuer.example',
        JOINED: 'a-y',
        SUBSTITUTED: `eu-west-1:${stream.physicalName}:\${Literal}`,
        LATER: 'known',
      },
    });
  });

  it('makes up ARNs of the documented form', () => {
    expect(theOnly('AWS::Kinesis::Stream').arn).toMatch(/^arn:aws:kinesis:eu-west-1:111122223333:stream\/Test-stream-Events/);
    expect(theOnly('AWS::DynamoDB::GlobalTable').arn).toMatch(/^arn:aws:dynamodb:eu-west-1:111122223333:table\/Test-data-Ledger/);
  });

  it('connects a mapping with its stream and, through the alias, with its function', () => {
    const mapping = theOnly('AWS::Lambda::EventSourceMapping');
    const alias = theOnly('AWS::Lambda::Alias');
    expect(mapping.properties.EventSourceArn).toBe(theOnly('AWS::Kinesis::Stream').arn);
    expect(mapping.properties.FunctionName).toBe(`${theOnly('AWS::Lambda::Function').physicalName}:live`);
    expect(topology.edges().filter((edge) => edge.from === mapping).map((edge) => edge.to)).toEqual(
      expect.arrayContaining([theOnly('AWS::Kinesis::Stream'), alias]),
    );
  });

  it('finds the code of a function', () => {
    expect(fs.readdirSync(codeFolder(theOnly('AWS::Lambda::Function'))!)).toEqual(['index.js']);
  });

  it('finds resources by type, of one kind or several', () => {
    expect(topology.ofType('AWS::SQS::Queue', 'AWS::Kinesis::Stream').map(({ type }) => type)).toEqual(['AWS::Kinesis::Stream', 'AWS::SQS::Queue']);
    expect(topology.ofType('AWS::SNS::Topic')).toEqual([]);
  });

  it('knows the constructs of resources and what the CDK noted about them', () => {
    const queue = theOnly('AWS::SQS::Queue');
    expect(queue.metadata).toEqual({});
    expect(queue.constructPath).toBe('Test/worker/Later/Resource');
    expect(queue.stack.constructNotes().get('Test/worker/Later/Resource')).toContainEqual(
      expect.objectContaining({ type: 'aws:cdk:logicalId', data: queue.logicalId }),
    );
  });

  it('reads the same assembly to the same identifiers', () => {
    const again = Topology.read(path.join(folder, 'out'), { parameters: { Issuer: 'https://issuer.example' }, account: '111122223333' });
    expect(again.resources.map((resource) => [resource.id, resource.arn])).toEqual(topology.resources.map((resource) => [resource.id, resource.arn]));
  });
});

describe('templates that are written by hand', () => {
  const read = (template: object, parameters?: Record<string, string>, unresolved?: 'stand-in'): Topology => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'topology-'));
    fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({
      version: '55.0.0',
      artifacts: { Hand: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Hand.json' } } },
    }));
    fs.writeFileSync(path.join(folder, 'Hand.json'), JSON.stringify(template));
    try {
      return Topology.read(folder, { parameters, unresolved });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  };
  const queue = (properties: object, rest: object = {}) => ({ ...rest, Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: properties } } });

  it('evaluates conditions, mappings and AWS::NoValue', () => {
    const template = queue(
      {
        QueueName: { 'Fn::If': ['IsLarge', 'large', 'small'] },
        DelaySeconds: { 'Fn::FindInMap': ['Delays', 'large', 'seconds'] },
        KmsMasterKeyId: { Ref: 'AWS::NoValue' },
        Tags: [{ Ref: 'AWS::NoValue' }, { Key: 'region', Value: { Ref: 'AWS::Region' } }],
      },
      {
        Parameters: { Size: { Type: 'String', Default: 'small' } },
        Mappings: { Delays: { large: { seconds: 9 } } },
        Conditions: { IsLarge: { 'Fn::And': [{ 'Fn::Equals': [{ Ref: 'Size' }, 'large'] }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }] } },
      },
    );
    expect(read(template).resources[0].properties).toEqual({ QueueName: 'small', DelaySeconds: 9, Tags: [{ Key: 'region', Value: 'us-east-1' }] });
    expect(read(template, { Size: 'large' }).resources[0].physicalName).toBe('large');
  });

  it('leaves out resources whose condition does not hold', () => {
    const template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { Queue: { Type: 'AWS::SQS::Queue', Condition: 'Never' }, Other: { Type: 'AWS::SQS::Queue' } },
    };
    expect(read(template).resources.map(({ logicalId }) => logicalId)).toEqual(['Other']);
  });

  it('resolves two resources that name each other', () => {
    const template = {
      Resources: {
        One: { Type: 'AWS::SQS::Queue', Properties: { Tags: [{ Key: 'other', Value: { 'Fn::GetAtt': ['Two', 'Arn'] } }] } },
        Two: { Type: 'AWS::SQS::Queue', Properties: { Tags: [{ Key: 'other', Value: { 'Fn::GetAtt': ['One', 'Arn'] } }] } },
      },
    };
    const [one, two] = read(template).resources;
    expect(one.properties.Tags).toEqual([{ Key: 'other', Value: two.arn }]);
    expect(two.properties.Tags).toEqual([{ Key: 'other', Value: one.arn }]);
  });

  it.each([
    [{ QueueName: { Ref: 'Nothing' } }, 'Hand: Queue.Properties.QueueName refers to Nothing, which the template does not have.'],
    [{ QueueName: { 'Fn::GetAtt': ['Nothing', 'Arn'] } }, 'Hand: Queue.Properties.QueueName asks for Nothing.Arn, but the template has no resource Nothing.'],
    [{ QueueName: { 'Fn::Transform': {} } }, 'Hand: Queue.Properties.QueueName uses Fn::Transform, which is not known here.'],
    [{ QueueName: { 'Fn::ImportValue': 'there' } }, 'Hand: Queue.Properties.QueueName imports there, which no stack of the assembly exports.'],
  ])('says where a value cannot be resolved: %j', (properties, message) => {
    expect(() => read(queue(properties))).toThrow(new AssemblyError(message));
  });

  it('reads on past what only a deployment knows, where it is asked to', () => {
    const template = {
      Conditions: { Odd: { 'Fn::Odd': [] } },
      Resources: {
        'Queue': { Type: 'AWS::SQS::Queue', Condition: 'Odd', Properties: { QueueName: { 'Fn::ImportValue': 'there' }, DelaySeconds: 5 } },
        'Other': { Type: 'AWS::SQS::Queue', Condition: 'Missing', Properties: { QueueName: { 'Fn::Join': ['-', ['a', { 'Fn::Transform': {} }]] } } },
        'Fn::ForEach::Queues': ['Name', ['a', 'b'], { 'Queue${Name}': { Type: 'AWS::SQS::Queue' } }],
      },
    };
    expect(read(template, undefined, 'stand-in').resources.map(({ properties }) => properties)).toEqual([
      { QueueName: 'parameter-Queue.Properties.QueueName', DelaySeconds: 5 },
      { QueueName: 'a-parameter-Other.Properties.QueueName[1][1]' },
    ]);
    expect(() => read(template)).toThrow(AssemblyError);
  });

  it('says that a folder is no assembly', () => {
    expect(() => Topology.read('/nowhere')).toThrow('/nowhere is not a cloud assembly: it has no manifest.json. Run "npx cdk synth" or name its output folder.');
  });
});
