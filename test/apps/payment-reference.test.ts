import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, CfnResource } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { MAXIMUM_RESOURCES } from '../../apps/payment-reference/aspects/stack-size-limit';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { type EnvironmentName, environmentName, environments } from '../../apps/payment-reference/workload';
import { SIZING_METADATA_KEY, sizeClientLimit } from '../../lib/sizing';
import { testApp } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, type Statement, statements } from '../support/template';

/** The reference of an environment, not yet synthesized. */
function stageOf(name: EnvironmentName, disposable = false, app: App = testApp()): PaymentReferenceStage {
  return new PaymentReferenceStage(app, `payments-${name}`, {
    env: { region: 'eu-west-1' }, environmentName: name, workload: environments[name], disposable,
  });
}

/** The stage's part of the assembly of its app: only synthesizing the whole app runs every check. */
function synthesize(stage: PaymentReferenceStage): CloudAssembly {
  return (stage.node.root as App).synth().getNestedAssembly(`assembly-${stage.stageName}`);
}

/** Short name of a stack: `cell1-api`. */
function shortName(stackName: string): string {
  return stackName.replace(/^payments-[a-z]+-/, '');
}

/** Templates of an assembly by the short name of their stack. */
function templatesOf(assembly: CloudAssembly): Record<string, Template> {
  return Object.fromEntries(assembly.stacks.map((stack) => [shortName(stack.stackName), Template.fromJSON(stack.template)]));
}

/** What a pattern finds in a template. */
function found(template: Template, pattern: RegExp): string[] {
  return [...JSON.stringify(template.toJSON()).matchAll(pattern)].map(([match]) => match);
}

/** The assembly of dev, made once for each way. */
const assembliesOfDev = new Map<boolean, CloudAssembly>();
function assemblyOfDev(disposable = false): CloudAssembly {
  const known = assembliesOfDev.get(disposable) ?? synthesize(stageOf('dev', disposable));
  assembliesOfDev.set(disposable, known);
  return known;
}

let prod: PaymentReferenceStage;
let assembly: CloudAssembly;
let templates: Record<string, Template>;

beforeAll(() => {
  prod = stageOf('prod');
  assembly = synthesize(prod);
  templates = templatesOf(assembly);
});

describe('the stacks', () => {
  it('are there once for what cells share, and stream, API and worker for each cell', () => {
    const cells = [1, 2, 3, 4].flatMap((cell) => [`cell${cell}-api`, `cell${cell}-signals`, `cell${cell}-stream`, `cell${cell}-worker`]);
    const shared = ['access', 'audit', 'cache', 'canary', 'data', 'events', 'fraud', 'network', 'payouts', 'security', 'signals'];
    expect(Object.keys(templates).sort()).toEqual([...shared, ...cells].sort());
    expect(Object.keys(templatesOf(assemblyOfDev())).sort()).toEqual([...shared, ...cells.slice(0, 4)].sort());
  });

  it('are named after their environment and protected against deletion', () => {
    for (const stack of assembly.stacks) {
      expect(stack.stackName).toMatch(/^payments-prod-[a-z]+$|^payments-prod-cell[1-4]-(stream|api|worker|signals)$/);
      expect(stack.terminationProtection).toBe(true);
    }
  });

  it('name no account, and look nothing up', () => {
    expect(assembly.manifest.missing).toBeUndefined();
    for (const template of Object.values(templates)) {
      // The metadata tells sizes, which may have as many digits.
      expect(found(Template.fromJSON({ ...template.toJSON(), Metadata: {} }), /(?<=[:\-/])\d{12}(?=[:\-/])/g)).toEqual([]);
    }
  });

  it('have room to grow', () => {
    for (const template of Object.values(templates)) {
      expect(Object.keys(template.toJSON().Resources).length).toBeLessThanOrEqual(MAXIMUM_RESOURCES);
      expect(JSON.stringify(template.toJSON(), undefined, 1).length).toBeLessThan(800_000);
    }
  });

  it('import only what another stack exports, and never in a circle', () => {
    const exported = new Set(Object.values(templates).flatMap((template) => Object.values(template.findOutputs('*')).map((output) => output.Export?.Name)));
    for (const template of Object.values(templates)) {
      const imports = referencesIn(template.toJSON().Resources).filter((it) => it.startsWith('import '));
      expect(imports.filter((it) => !exported.has(it.slice('import '.length)))).toEqual([]);
    }
    const dependencies = (name: string) =>
      assembly.stacks
        .find((it) => shortName(it.stackName) === name)!
        .dependencies.flatMap((it) => ('stackName' in it ? [shortName(String(it.stackName))] : []))
        .sort();
    expect(dependencies('security')).toEqual([]);
    expect(dependencies('network')).toEqual(['security']);
    expect(dependencies('data')).toEqual(['network', 'security']);
    expect(dependencies('audit')).toEqual(['data', 'network', 'security']);
    expect(dependencies('cell1-stream')).toEqual(['security']);
    expect(dependencies('cell1-api')).toEqual(['access', 'cache', 'cell1-stream', 'data', 'network', 'payouts', 'security']);
    expect(dependencies('cell1-worker')).toEqual(['cell1-stream', 'data', 'fraud', 'network', 'security']);
  });

  it('are the same bytes in every synthesis', () => {
    const again = synthesize(stageOf('prod'));
    const bytes = (from: CloudAssembly) => Object.fromEntries(from.stacks.map((it) => [it.templateFile, fs.readFileSync(path.join(from.directory, it.templateFile), 'utf8')]));
    expect(again.directory).not.toBe(assembly.directory);
    expect(bytes(again)).toEqual(bytes(assembly));
  });

  it('say how they were sized, under the paths of their constructs', () => {
    const decisions = Object.values(templates).flatMap((template) => template.toJSON().Metadata?.[SIZING_METADATA_KEY]?.decisions ?? []);
    const paths = new Set(decisions.map((it: { path: string }) => it.path));
    for (const suffix of ['data/Ledger', 'data/BalanceProjector', 'audit/AuditTrail', 'audit/AuditTrail/Archiver', 'cell3-stream/Payments', 'cell3-api/Api', 'cell3-worker/PaymentWorker', 'cell3-worker/RefundWorker']) {
      expect(paths).toContain(`payments-prod/${suffix}`);
    }
    const ids = decisions.map((it: { path: string; name: string }) => `${it.path}/${it.name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what holds data', () => {
  const STATEFUL = ['AWS::DynamoDB::GlobalTable', 'AWS::Kinesis::Stream', 'AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::S3::Bucket', 'AWS::SQS::Queue'];

  it('stays when its stack goes', () => {
    for (const type of STATEFUL) {
      const found = Object.values(templates).flatMap((template) => Object.values(resourcesOf(template, type)));
      expect(found.length).toBeGreaterThan(0);
      expect(found.every((it) => it.DeletionPolicy === 'Retain' && it.UpdateReplacePolicy === 'Retain')).toBe(true);
    }
  });

  it('goes with its stack where somebody says so, but never in prod', () => {
    const disposable = assemblyOfDev(true);
    for (const stack of disposable.stacks) {
      expect(stack.terminationProtection).toBe(false);
      for (const type of STATEFUL) {
        expect(Object.values(resourcesOf(Template.fromJSON(stack.template), type)).map((it) => it.DeletionPolicy)).not.toContain('Retain');
      }
    }
    const buckets = disposable.stacks.flatMap((stack) => {
      const template = Template.fromJSON(stack.template);
      return [Object.keys(resourcesOf(template, 'AWS::S3::Bucket')).length, -Object.keys(resourcesOf(template, 'Custom::S3AutoDeleteObjects')).length];
    });
    expect(buckets.some((it) => it > 0)).toBe(true);
    expect(buckets.reduce((sum, it) => sum + it)).toBe(0);
    expect(() => stageOf('prod', true)).toThrow('`disposable` must be false for prod, got: true');
  });

  it('is three tables in name: ledger, balances, parked payments; the ledger tells of its changes', () => {
    const tables = Object.entries(resourcesOf(templates.data, 'AWS::DynamoDB::GlobalTable'));
    const named = (name: string) => tables.filter(([id]) => id.startsWith(name)).map(([, table]) => table.Properties);
    expect(named('Ledger').length).toBeGreaterThan(1);
    expect(named('Ledger').every((it) => it.StreamSpecification?.StreamViewType === 'NEW_AND_OLD_IMAGES')).toBe(true);
    expect(named('Ledger').every((it) => it.TimeToLiveSpecification?.AttributeName === 'expiresAt')).toBe(true);
    expect(named('Balances')).toHaveLength(1);
    expect(named('Parking')).toHaveLength(1);
    expect([...named('Balances'), ...named('Parking')].every((it) => it.StreamSpecification === undefined)).toBe(true);
  });
});

describe('tags and aspects on the stage', () => {
  it('put their tags on a resource inside it', () => {
    const tags = [{ Key: 'application', Value: 'payment-reference' }, { Key: 'cell', Value: 'cell2' }, { Key: 'environment', Value: 'prod' }];
    templates['cell2-stream'].hasResourceProperties('AWS::Kinesis::Stream', { Tags: tags });
  });

  it('reach a resource inside it: data that would go with its stack is refused', () => {
    const stage = stageOf('dev');
    new s3.CfnBucket(stage.data, 'Careless');
    expect(() => synthesize(stage)).toThrow('`removalPolicy` of a resource that holds data must be RETAIN, got: Delete');
  });

  it('reach a stack inside it: one that has no room to grow is refused', () => {
    const stage = stageOf('dev');
    for (let index = 0; index < MAXIMUM_RESOURCES; index++) {
      new CfnResource(stage.network, `Handle${index}`, { type: 'AWS::CloudFormation::WaitConditionHandle' });
    }
    expect(() => synthesize(stage)).toThrow(/`resources` of a stack must be at most 400, got: 4\d\d/);
  });
});

describe('the way in', () => {
  it('asks for certificate, names, issuer and keys, and has a default for none but the weight of a cell', () => {
    const own = Object.values(templates).flatMap((template) => Object.entries(template.findParameters('*'))).filter(([name]) => name !== 'BootstrapVersion');
    expect([...new Set(own.map(([name]) => name))].sort()).toEqual(
      [
        'AuthoritiesBucket', 'CanaryCredentialsArn', 'CanaryEndpoint', 'CanaryMerchantId', 'CertificateArn', 'HostedZoneId', 'JwtIssuer', 'JwtKeySet',
        'JwtKeySetEndpoint', 'TransferEndpoint', 'Weight', 'ZoneName',
      ],
    );
    for (const [, parameter] of own.filter(([name]) => name !== 'Weight')) {
      expect(parameter.Default).toBeUndefined();
      expect(parameter.AllowedPattern).toBeDefined();
    }
    expect(own.find(([name]) => name === 'Weight')![1]).toMatchObject({ Type: 'Number', Default: 100, MinValue: 0, MaxValue: 255 });
  });

  it.each([
    ['CertificateArn', 'arn:aws:acm:eu-west-1:111122223333:certificate/0a-1b', 'http://example.org'],
    ['AuthoritiesBucket', 'partner-authorities', 'Partner_Authorities'],
    ['JwtIssuer', 'https://issuer.example.org/', 'http://issuer.example.org'],
    ['JwtKeySetEndpoint', 'https://issuer.example.org/jwks.json', 'http://issuer.example.org/jwks.json'],
    ['JwtKeySet', '{ "keys": [] }', '[]'],
    ['TransferEndpoint', 'https://bank.example.org/transfers', 'http://bank.example.org'],
    ['HostedZoneId', 'Z0123456789ABCDEFGHIJ', 'example.org'],
    ['ZoneName', 'example.org', 'Example'],
    ['CanaryEndpoint', 'https://payments.example.org', 'https://payments.example.org/payments'],
    ['CanaryCredentialsArn', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:canary-AbCdEf', 'canary'],
    ['CanaryMerchantId', 'canary-merchant', 'canary merchant'],
  ])('accepts a proper %s only', (name, good, bad) => {
    const owner = Object.values(templates).find((template) => name in template.findParameters(name))!;
    const pattern = new RegExp(`^(${owner.findParameters(name)[name].AllowedPattern})$`);
    expect(good).toMatch(pattern);
    expect(bad).not.toMatch(pattern);
  });

  it('lets the canary read the secret that it is told of, under the key of operations as well', () => {
    const actions = statements(templates.canary).filter(({ Effect }) => Effect === 'Allow');
    const decrypt = actions.find((it) => it.actions.includes('kms:Decrypt'));
    expect(JSON.stringify(decrypt?.Resource)).toContain('security');
    expect(allowedActions(templates.canary)).toContain('secretsmanager:GetSecretValue');
  });

  it('spreads clients over the cells by weight, a name for each edge', () => {
    for (const cell of ['cell1', 'cell4']) {
      const records = Object.values(resourcesOf(templates[`${cell}-api`], 'AWS::Route53::RecordSet')).map(({ Properties }) => Properties);
      expect(records.map(({ Name }) => JSON.stringify(Name)).sort()).toEqual([
        JSON.stringify({ 'Fn::Join': ['', ['partners.', { Ref: 'ZoneName' }, '.']] }), JSON.stringify({ 'Fn::Join': ['', ['payments.', { Ref: 'ZoneName' }, '.']] }),
      ]);
      for (const record of records) {
        expect(record).toMatchObject({ Type: 'A', SetIdentifier: cell, Weight: { Ref: 'Weight' }, AliasTarget: { EvaluateTargetHealth: true } });
      }
    }
  });

  it('lets a client post what the sizing leaves it, at all tasks of all cells together', () => {
    const [container] = onlyResource(templates['cell1-api'], 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    const variables = Object.fromEntries(container.Environment.map((it: { Name: string; Value: unknown }) => [it.Name, it.Value]));
    expect(variables.CLIENT_PAYMENTS_PER_SECOND).toBe(String(sizeClientLimit(environments.prod).paymentsPerSecond));
    expect(Number(variables.CLIENT_PAYMENTS_PER_SECOND)).toBe(50_000);
    expect(Number(variables.API_TASKS)).toBe(prod.cells.reduce((sum, { api }) => sum + api.tier.sizing.minimumTasks, 0));
  });

  it('never listens in plain HTTP', () => {
    const listeners = Object.values(templates).flatMap((template) => Object.values(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::Listener')));
    expect(listeners).toHaveLength(8);
    for (const { Properties } of listeners) {
      expect(Properties).toMatchObject({ Protocol: 'HTTPS', Port: 443, Certificates: [{ CertificateArn: { Ref: 'CertificateArn' } }] });
    }
  });

  it('tells the API what it reads from its environment', () => {
    const [container] = onlyResource(templates['cell1-api'], 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    const variables = Object.fromEntries(container.Environment.map((it: { Name: string; Value: unknown }) => [it.Name, it.Value]));
    expect(Object.keys(variables).sort()).toEqual([
      'AGGREGATION_LINGER_MILLISECONDS', 'AGGREGATION_MAXIMUM_BYTES', 'AGGREGATION_MAXIMUM_PAYMENTS', 'API_KEY_HEADER', 'API_KEY_TABLE', 'API_TASKS',
      'AUTHENTICATION', 'BALANCE_READS', 'BALANCE_TABLE', 'CACHE_ENDPOINTS', 'CACHE_MODE', 'CACHE_NAME', 'CACHE_SERVERLESS', 'CACHE_TLS', 'CACHE_USER',
      'CLIENT_PAYMENTS_PER_SECOND', 'HOLDS', 'JWT_ISSUER', 'JWT_JWKS_ENDPOINT', 'JWT_KEY_SET', 'LEDGER_BUCKETS', 'LEDGER_DIRECTORY_LEASE_SECONDS',
      'LEDGER_DIRECTORY_TABLE', 'LEDGER_TABLES', 'NODE_OPTIONS',
      'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_SERVICE_NAME', 'PARKING_TABLE', 'PAYOUT_STATE_MACHINE_ARN', 'PAYOUT_TABLE', 'PORT', 'PROFILE_TABLE',
      'RECEIPT_LIFETIME_SECONDS', 'STATUS_READS', 'STREAM_NAME', 'TOKEN_CACHE_SECONDS', 'TRACE_ROOTS_PER_MILLION',
    ]);
    expect(variables.AUTHENTICATION).toBe('jwt');
    expect(JSON.parse(variables.LEDGER_BUCKETS)).toEqual({ default: prod.data.ledgerSizing.bucketsPerMerchant, merchants: {} });
    expect(Number(variables.RECEIPT_LIFETIME_SECONDS)).toBe(prod.cells[0].stream!.eventStream.sizing.retention.toSeconds());
    for (const name of ['AGGREGATION_LINGER_MILLISECONDS', 'AGGREGATION_MAXIMUM_BYTES', 'AGGREGATION_MAXIMUM_PAYMENTS']) {
      expect(variables[name]).toMatch(/^\d+$/);
    }
  });
});

describe('the workers', () => {
  it('are told what they read from their environment', () => {
    const [worker, refund] = ['PaymentWorker', 'RefundWorker'].map((name) => {
      const [, found] = Object.entries(resourcesOf(templates['cell1-worker'], 'AWS::Lambda::Function')).find(([id]) => id.startsWith(name))!;
      return found.Properties.Environment.Variables;
    });
    expect(Object.keys(worker).sort()).toEqual([
      'EVENT_STREAM_NAME', 'LEDGER_BUCKETS', 'LEDGER_DIRECTORY_LEASE_SECONDS', 'LEDGER_DIRECTORY_TABLE', 'LEDGER_TABLES', 'LEDGER_TTL_SECONDS',
      'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_SERVICE_NAME', 'PARKING_TABLE', 'REFUND_QUEUE_URL', 'REFUND_WAIT_SECONDS', 'REFUND_WINDOW_SECONDS', 'TRACE_KEEP_PERCENT', 'TRACE_SLOW_MILLISECONDS',
    ]);
    // What is decoded is told, and traces end, where payments come from the stream.
    const own = /^(EVENT_STREAM_NAME|OTEL_|TRACE_)/;
    expect(Object.fromEntries(Object.entries(worker).filter(([name]) => !own.test(name)))).toEqual(refund);
    expect(worker.LEDGER_TABLES['Fn::Join'][1]).toHaveLength(prod.data.ledger.tables.length);
    const projector = onlyProjector();
    expect(Object.keys(projector.Environment.Variables)).toEqual(['BALANCE_TABLE']);
  });

  it('cannot delete or scan the ledger, nor touch the balances', () => {
    const actions = allowedActions(templates['cell1-worker']).filter((it) => it.startsWith('dynamodb:'));
    expect(actions).toEqual([
      'dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLSelect', 'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem',
    ]);
    expect(JSON.stringify(statements(templates['cell1-worker']))).not.toContain('BalancesTable');
  });

  it('look up in the shard directory how many buckets a merchant has, and publish nothing there', () => {
    const reads = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query'];
    for (const name of ['cell1-api', 'cell1-worker', 'fraud', 'payouts']) {
      const own = statements(templates[name]).filter((it) => JSON.stringify(it.resources).includes('ShardDirectory'));
      expect([name, [...new Set(own.flatMap((it) => it.actions))].sort()]).toEqual([name, reads]);
    }
    // Where the table stands, its backups are taken.
    const others = Object.keys(templates).filter((name) => !/^(cell\d-(api|worker)|data|fraud|payouts)$/.test(name));
    expect(statements(templates.data).filter((it) => it.actions.includes('dynamodb:PartiQLInsert') && JSON.stringify(it.resources).includes('ShardDirectory')))
      .toEqual([]);
    expect(others.filter((name) => statements(templates[name]).some((it) => JSON.stringify(it.resources).includes('ShardDirectory')))).toEqual([]);
  });

  it('find the shard directory under the key of the ledger, protected as the ledger is', () => {
    const found = Object.entries(resourcesOf(templates.data, 'AWS::DynamoDB::GlobalTable'));
    const [[, directory], [, ledger]] = [/^ShardDirectory/, /^Ledger/].map((name) => found.find(([id]) => name.test(id))!);
    expect(directory.DeletionPolicy).toBe('Retain');
    expect(directory.Properties.BillingMode).toBe('PAY_PER_REQUEST');
    const [kept, own] = [ledger, directory].map(({ Properties: { Replicas: [replica] } }) => replica);
    expect(own.SSESpecification).toEqual(kept.SSESpecification);
    expect(own.DeletionProtectionEnabled).toBe(true);
    expect(own.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
  });

  it('carry out as many steps of payouts at once as their saga needs, each for as long as it may take', () => {
    const { payouts } = templates;
    const [, steps] = Object.entries(resourcesOf(payouts, 'AWS::Lambda::Function')).find(([id]) => id.startsWith('PayoutSteps'))!;
    const decisions: { path: string; name: string; value: number }[] = payouts.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
    const sized = (name: string) => decisions.find((it) => it.path.endsWith('payouts/Payout') && it.name === name)?.value;
    expect([steps.Properties.ReservedConcurrentExecutions, steps.Properties.Timeout]).toEqual([sized('concurrency'), sized('taskTimeout')]);
  });

  it('leave the API with reading by key, and writing to its own stream', () => {
    const actions = allowedActions(templates['cell1-api']);
    expect(actions.filter((it) => it.startsWith('dynamodb:'))).toEqual(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query']);
    expect(actions.filter((it) => it.startsWith('kinesis:'))).toEqual(['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords']);
    expect(JSON.stringify(statements(templates['cell1-api']).filter((it) => it.actions.some((action) => action.startsWith('kinesis:'))))).toContain('cell1-stream');
  });

  it('project each table of the ledger, with one writer a shard', () => {
    const mappings = Object.values(resourcesOf(templates.data, 'AWS::Lambda::EventSourceMapping')).map((it) => it.Properties);
    expect(mappings).toHaveLength(prod.data.ledger.tables.length);
    expect(mappings.every((it) => it.ParallelizationFactor === 1 && it.TumblingWindowInSeconds > 0)).toBe(true);
  });

  it('archive each table of the ledger, and can neither touch the books nor take evidence back', () => {
    const mappings = Object.values(resourcesOf(templates.audit, 'AWS::Lambda::EventSourceMapping')).map((it) => it.Properties);
    expect(mappings.filter((it) => it.StartingPosition !== undefined)).toHaveLength(prod.data.ledger.tables.length);
    const [, archiver] = Object.entries(resourcesOf(templates.audit, 'AWS::Lambda::Function')).find(([id]) => id.startsWith('AuditTrailArchiver'))!;
    const { Environment: environment } = archiver.Properties;
    expect(Object.keys(environment.Variables).sort()).toEqual(['AUDIT_BUCKET', 'AUDIT_HEAD_TABLE']);
    const writes = statements(templates.audit).filter(({ actions }) => actions.some((it) => /dynamodb:(PartiQL(Insert|Update)|UpdateItem)/.test(it)));
    expect(writes.length).toBeGreaterThan(0);
    expect(JSON.stringify(writes.map(({ resources }) => resources))).not.toContain('Ledger');
    expect(allowedActions(templates.audit).filter((it) => /^(s3|dynamodb):.*(Delete|Bypass)/.test(it))).toEqual([]);
  });

  it('lock the evidence in prod for everybody and seven years, in dev so that it can be taken away', () => {
    const lockOf = (template: Template) => Object.values(resourcesOf(template, 'AWS::S3::Bucket'))
      .flatMap((it) => it.Properties.ObjectLockConfiguration?.Rule.DefaultRetention ?? []);
    expect(lockOf(templates.audit)).toEqual([{ Mode: 'COMPLIANCE', Days: 2555 }]);
    expect(lockOf(templatesOf(assemblyOfDev()).audit)).toEqual([{ Mode: 'GOVERNANCE', Days: 365 }]);
    expect(lockOf(templatesOf(assemblyOfDev(true)).audit)).toEqual([]);
  });

  /** Properties of the projector's function. */
  function onlyProjector() {
    return onlyResource(templates.data, 'AWS::Lambda::Function').Properties;
  }
});

describe('the alarms', () => {
  it('call somebody: each is in a composite alarm of the signals, which calls the topic of its severity', () => {
    const boards = [prod.signals.signals, ...prod.cells.map((cell) => cell.signals.signals)];
    const watched = new Set(boards.flatMap(({ severities }) => Object.values(severities).flatMap(({ alarms }) => alarms)));
    const all = prod.node.findAll().filter((it): it is cloudwatch.Alarm => it instanceof cloudwatch.Alarm);
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter((it) => !watched.has(it)).map(({ node }) => node.path)).toEqual([]);
    const composites = Object.values(templates).flatMap((template) => Object.values(resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm')));
    expect(composites.length).toBeGreaterThanOrEqual(boards.length * 3);
    expect(composites.filter(({ Properties }) => !(Properties.AlarmActions?.length === 1)).length).toBe(0);
  });

  it('watch something of their own template each, and tell one encrypted topic when they change', () => {
    for (const template of Object.values(templates)) {
      expect(danglingAlarmDimensions(template)).toEqual([]);
      const silent = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(([, alarm]) => !(alarm.Properties.AlarmActions?.length > 0));
      expect(silent.map(([id]) => id)).toEqual([]);
    }
    templates.security.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    templates.security.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish' }),
      ]) },
    });
  });
});

describe('the policies', () => {
  it('let nobody but AWS services and this account into keys, queues, topics and buckets', () => {
    const RESOURCE_POLICIES: Record<string, string> = {
      'AWS::KMS::Key': 'KeyPolicy', 'AWS::S3::BucketPolicy': 'PolicyDocument', 'AWS::SNS::TopicPolicy': 'PolicyDocument', 'AWS::SQS::QueuePolicy': 'PolicyDocument',
    };
    const open = Object.values(templates).flatMap((template) =>
      Object.entries(RESOURCE_POLICIES).flatMap(([type, property]) =>
        Object.values(resourcesOf(template, type))
          .flatMap((it) => it.Properties[property].Statement as (Statement & { Principal: { AWS?: unknown } })[])
          .filter((it) => it.Effect === 'Allow' && JSON.stringify(it.Principal).includes('"*"')),
      ),
    );
    expect(open).toEqual([]);
  });
});

describe('the page on deployment', () => {
  const page = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'deploy.md'), 'utf8');

  it('names stacks that there are, and leaves none out', () => {
    const patterns = [...page.matchAll(/'([^' ]*payments-prod\/[^' ]*)'/g)].map(([, pattern]) => pattern);
    const matching = (pattern: string) => {
      const expression = new RegExp(`^${pattern.replace(/\*/g, '[^/]*')}$`);
      return assembly.stacks.map((it) => it.hierarchicalId).filter((id) => expression.test(id));
    };
    expect(patterns.filter((it) => matching(it).length === 0)).toEqual([]);
    const named = new Set(patterns.flatMap(matching));
    const first = assembly.stacks.map((it) => it.hierarchicalId).filter((id) => !/cell[2-9]/.test(id));
    expect(first.filter((id) => !named.has(id))).toEqual([]);
    expect(page).toContain('npx cdk deploy payments-prod-costs\n');
  });

  it('names every parameter', () => {
    const names = Object.values(templates).flatMap((template) => Object.keys(template.findParameters('*'))).filter((it) => it !== 'BootstrapVersion');
    expect(names.filter((it) => !page.includes(`--parameters ${it}=`))).toEqual([]);
  });
});

describe('the environments', () => {
  it('are found by name', () => {
    expect(environmentName('local')).toBe('local');
    expect(() => environmentName('production')).toThrow('`environment` must be one of prod, dev, local, got: production');
    expect(() => environmentName(undefined)).toThrow('got: undefined');
  });

  it('give each cell of several the room for one that is lost', () => {
    expect(environments.prod.cells).toBe(4);
    expect(environments.prod.cellShare().peak.perSecond).toBeCloseTo(100_000 / 3);
    expect(prod.cells[0].stream!.eventStream.workload.peak.perSecond).toBeCloseTo(100_000 / 3);
    expect([environments.dev.peak.perSecond, environments.local.peak.perSecond]).toEqual([50, 5000]);
  });
});

describe('a recovery region', () => {
  const recovering = new PaymentReferenceStage(testApp(), 'payments-far', {
    env: { region: 'eu-west-1' }, environmentName: 'far', workload: environments.local.with({ recoveryRegion: 'eu-central-1' }),
  });
  const far = synthesize(recovering);

  it('gets the key of the copies first, in a stack of its own', () => {
    const recovery = far.stacks.find((it) => it.stackName === 'payments-far-recovery')!;
    expect(recovery.environment.region).toBe('eu-central-1');
    expect(far.stacks.find((it) => it.stackName === 'payments-far-data')!.dependencies.map((it) => it.id)).toContain(recovery.id);
    Template.fromJSON(recovery.template).hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/payments-far/ledger' });
  });

  it('calls somebody of the fence here, and of the takeover there', () => {
    const watched = new Set(Object.values(recovering.signals.signals.severities).flatMap(({ alarms }) => alarms));
    const fence = Object.values(recovering.data.fence!.alarms.alarms);
    expect(fence.length).toBeGreaterThan(0);
    expect(fence.filter((it) => !watched.has(it))).toEqual([]);
    const takeover = Template.fromJSON(far.stacks.find((it) => it.stackName === 'payments-far-takeover')!.template);
    const alarms = Object.values(resourcesOf(takeover, 'AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => Properties.AlarmActions?.length)).toEqual([1]);
  });

  it('takes over there by itself: the fence by its name, the replicas by names that whoever deploys reads', () => {
    const takeover = far.stacks.find((it) => it.stackName === 'payments-far-takeover')!;
    expect(takeover.environment.region).toBe('eu-central-1');
    expect(takeover.dependencies.map((it) => it.id)).toContain(far.stacks.find((it) => it.stackName === 'payments-far-data')!.id);
    const template = Template.fromJSON(takeover.template);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
    const definition = JSON.stringify(onlyResource(template, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString);
    expect(definition).toContain('payments-far-data-fence');
    for (const name of ['BalancesTable', 'LedgerTable', 'ParkingTable', 'ProfilesTable']) {
      expect(definition).toContain(`"Ref":"${name}"`);
    }
  });

  it('gets copies of ledger, balances and parked payments under that key', () => {
    const data = Template.fromJSON(far.stacks.find((it) => it.stackName === 'payments-far-data')!.template);
    const tables = Object.values(resourcesOf(data, 'AWS::DynamoDB::GlobalTable'));
    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const { Properties: { Replicas: replicas } } of tables) {
      const copy = replicas.find((it: { Region: string }) => it.Region === 'eu-central-1');
      expect(JSON.stringify(copy.SSESpecification.KMSMasterKeyId)).toContain(':alias/payments-far/ledger');
    }
    expect(danglingAlarmDimensions(data)).toEqual([]);
  });
});
