import * as fs from 'node:fs';
import * as path from 'node:path';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { ACKNOWLEDGEMENTS } from '../../apps/payment-reference/acknowledgements';
import { KUBERNETES_ACKNOWLEDGEMENTS } from '../../apps/payment-reference/kubernetes/acknowledgements';
import { PaymentKubernetesStage } from '../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { environments } from '../../apps/payment-reference/workload';
import { DEFAULTS } from '../../constructs/defaults';
import { KUBERNETES } from '../../constructs/kubernetes/defaults';
import { LIMITS } from '../../constructs/limits';
import * as upkeep from '../../lambdas/ledger-maintenance/configuration';
import * as api from '../../lambdas/payment-api/configuration';
import * as worker from '../../lambdas/payment-stream-worker/configuration';
import type * as payout from '../../lambdas/payout';
import { addressesFromEnvironment, databaseFromEnvironment } from '../../lambdas/runtime/configuration/postgresql-from-environment';
import { checkManifests, type ManifestObject } from '../../lib/checks/manifests';
import { SIZING_METADATA_KEY, sizeGateway, sizePodTier } from '../../lib/sizing';
import { readAssembly } from '../../lib/topology';
import { IMAGE } from '../constructs/kubernetes/sample';
import { testApp } from '../support/app';
import { type PodOfAssembly, podsOf, WatchedVariables } from './handler-variables';
import { cell, chartOf, manifestsOf } from './payment-chart';

/** What `ShardedDatabase` and `ApiAuth` tell all of their clients. */
const NOT_OF_THE_API: readonly string[] = ['DATABASE_WRITER_USER', 'API_KEY_HEADER'];

const chart = chartOf();
const manifests = manifestsOf(chart);

describe('the chart of a cell', () => {
  it('is found nothing wrong with by the rules on manifests', () => {
    const report = checkManifests({ objects: manifests as unknown as ManifestObject[], workload: cell });
    expect(report.violations.map(({ rule, object, path, message }) => `${rule.id} ${object.kind} ${object.metadata.name} ${path} ${message}`))
      .toEqual([]);
    expect(report.acknowledged).toEqual([]);
    expect(report.objects).toBeGreaterThan(60);
  });

  it('has sizes of the workload of a cell', () => {
    expect(chart.api.sizing.maximumReplicas).toBe(sizePodTier(cell, undefined, { role: 'api' }).maximumReplicas);
    expect(chart.gateways.map(({ sizing }) => sizing.replicas)).toEqual([sizeGateway(cell).replicas, sizeGateway(cell).replicas]);
    expect(chart.worker.sizing.maximumReplicas).toBeLessThanOrEqual(120);
    const { spec } = manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler')!;
    const { maximumReplicas, minimumReplicas, requestsPerPod } = sizePodTier(cell, undefined, { role: 'api' });
    expect(spec).toMatchObject({
      minReplicas: minimumReplicas, maxReplicas: maximumReplicas, metrics: [{ type: 'Pods', pods: { target: { averageValue: requestsPerPod } } }],
    });
  });

  it('runs workers on Spot where there is no other room, and nothing else', () => {
    const [spot] = manifests.filter(({ kind, metadata }) => kind === 'NodePool' && metadata.name === 'spot');
    const [taint] = (spot.spec as { template: { spec: { taints: { key: string; effect: string }[] } } }).template.spec.taints;
    const tolerant = manifests.filter(({ kind }) => kind === 'Deployment').filter(({ spec }) => (
      (spec as { template: { spec: { tolerations?: { key: string; effect: string }[] } } }).template.spec.tolerations ?? []
    ).some(({ effect, key }) => key === taint.key && effect === taint.effect));
    expect(tolerant.map(({ metadata }) => metadata.name)).toEqual(['payment-worker']);
  });

  it('lets clients in to gateways alone', () => {
    const open = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
      .flatMap(({ metadata, spec }) => ((spec as { ingress?: { from?: { ipBlock?: { cidr: string } }[] }[] }).ingress ?? [])
        .flatMap(({ from }) => from ?? []).filter(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0').map(() => metadata.name));
    expect(open.sort()).toEqual(['allow-clients-ofpartners', 'allow-clients-ofpublic']);
    const plain = manifests.filter(({ kind }) => kind === 'PeerAuthentication')
      .flatMap(({ spec }) => (spec as { portLevelMtls?: object }).portLevelMtls ?? []);
    expect(plain).toEqual([{ 10443: { mode: 'PERMISSIVE' } }, { 10443: { mode: 'PERMISSIVE' } }]);
  });
});

interface Properties {
  readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string | string[] }[] };
  readonly [name: string]: unknown;
}

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties; readonly DependsOn?: string[] }>>;
  readonly Metadata?: Readonly<Record<string, { readonly decisions: readonly { readonly path: string; readonly name: string }[] }>>;
}

describe('the stage', () => {
  const app: App = testApp();
  const stage = new PaymentKubernetesStage(app, 'payments-dev-kubernetes', {
    env: { region: 'eu-west-1' }, environmentName: 'dev', workload: environments.dev, runbookUrl: 'https://runbooks.example.com/',
  });
  const assembly: CloudAssembly = app.synth().getNestedAssembly('assembly-payments-dev-kubernetes');
  const stackOf = (name: string) => assembly.stacks.find(({ stackName }) => stackName === `payments-dev-kubernetes-${name}`)!;
  const templateOf = (name: string): Template => stackOf(name).template as Template;
  const resources = (name: string, type: string) => Object.values(templateOf(name).Resources).filter(({ Type }) => Type === type);

  it('has a cluster, a topic and pods for each cell, and one ledger', () => {
    expect(assembly.stacks.map(({ stackName }) => stackName.replace('payments-dev-kubernetes-', '')).sort()).toEqual([
      'access', 'audit', 'cache', 'canary', 'cell1-cluster', 'cell1-kafka', 'cell1-pods', 'cell1-refunds', 'cell1-signals', 'data', 'events', 'fraud', 'ledger', 'network',
      'payouts', 'security', 'signals',
    ]);
    const workload = environments.dev.with({ cells: 2 });
    const more = new PaymentKubernetesStage(testApp(), 'two', { env: { region: 'eu-west-1' }, environmentName: 'dev', workload });
    expect(more.cells.map(({ cluster }) => cluster.cluster.clusterName)).toEqual(['two-cell1-cluster', 'two-cell2-cluster']);
  });

  it('synthesizes without a warning', () => {
    // The connector of fraud detection has no checksum yet: docs/fraud.md.
    expect(assembly.stacks.flatMap(({ messages }) => messages.filter(({ level }) => level !== 'info').map(({ entry }) => entry.data))).toEqual([]);
  });

  it('writes the sizes of pods and gateways with their reasons', () => {
    const { decisions } = templateOf('cell1-pods').Metadata![SIZING_METADATA_KEY];
    expect([...new Set(decisions.map(({ path }) => path.split('/').at(-1)))].sort()).toEqual(['Api', 'Gateway', 'Worker']);
    expect(decisions.map(({ name }) => name)).toEqual(expect.arrayContaining(['maximumReplicas', 'lagThreshold', 'replicas']));
    for (const name of ['cell1-kafka', 'ledger']) {
      expect(templateOf(name).Metadata![SIZING_METADATA_KEY].decisions.length).toBeGreaterThan(5);
    }
  });

  it('gives pods roles of their own, and none of them more than its work', () => {
    expect(resources('cell1-pods', 'AWS::EKS::PodIdentityAssociation').map(({ Properties }) => Properties.ServiceAccount).sort())
      .toEqual(['collector', 'ledger-maintenance', 'payment-api', 'payment-worker']);
    const actionsOf = (account: string): string[] => resources('cell1-pods', 'AWS::IAM::ManagedPolicy')
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`pay${account}`.replace(/-/g, '')))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action));
    expect(actionsOf('payment-api')).toEqual(expect.arrayContaining(['kafka-cluster:WriteData', 'rds-db:connect']));
    expect(actionsOf('payment-api')).not.toContain('kafka-cluster:ReadData');
    expect(actionsOf('payment-api').filter((action) => action.startsWith('states:'))).toEqual(['states:StartExecution']);
    expect(actionsOf('payment-worker')).toContain('kafka-cluster:ReadData');
    expect(actionsOf('payment-worker')).not.toContain('kafka-cluster:WriteData');
    expect(actionsOf('payment-worker')).toEqual(expect.arrayContaining(['dynamodb:PutItem', 'sqs:SendMessage', 'kinesis:PutRecords']));
    expect(actionsOf('payment-api')).not.toEqual(expect.arrayContaining(['dynamodb:PutItem']));
    // How far the audit trail has come is read of the heads of its chains.
    expect([...new Set(actionsOf('ledger-maintenance'))].sort()).toEqual([
      'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query', 'kms:Decrypt', 'kms:DescribeKey', 'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    for (const account of ['payment-api', 'payment-worker']) {
      expect(actionsOf(account).filter((action) => action.startsWith('secretsmanager:'))).toEqual([]);
    }
  });

  it('lets KEDA see the lag and read nothing', () => {
    const actions = resources('cell1-cluster', 'AWS::IAM::ManagedPolicy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action))
      .filter((action) => action.startsWith('kafka'));
    expect([...new Set(actions)].sort()).toEqual([
      'kafka-cluster:Connect', 'kafka-cluster:DescribeGroup', 'kafka-cluster:DescribeTopic', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers',
    ]);
  });

  it('opens the way from nodes to topic, ledger, proxies, cache and counters', () => {
    const opened = ['cell1-cluster', 'cell1-kafka', 'ledger', 'cache'].flatMap((name) => resources(name, 'AWS::EC2::SecurityGroupIngress'))
      .filter(({ Properties }) => JSON.stringify(Properties.SourceSecurityGroupId ?? '').includes('ClusterNodes'));
    const ports = [LIMITS.kafka.ports.iam, DEFAULTS.database.port, LIMITS.database.proxyPort, LIMITS.cache.serverlessPort];
    expect(opened.map(({ Properties }) => Properties.ToPort)).toEqual(expect.arrayContaining(ports));
  });

  it('opens the way from the functions that settle to the writers of the ledger alone', () => {
    const opened = ['ledger', 'cell1-refunds', 'fraud', 'payouts'].flatMap((name) => resources(name, 'AWS::EC2::SecurityGroupIngress'))
      .filter(({ Properties }) => /RefundWorker|FraudWorker|PayoutSteps|PayoutWatch/.test(JSON.stringify(Properties.SourceSecurityGroupId ?? '')));
    const toWriters = [DEFAULTS.database.port, DEFAULTS.database.port];
    expect(opened.map(({ Properties }) => [Properties.FromPort, Properties.ToPort])).toEqual([toWriters, toWriters, toWriters]);
  });

  it('brings the ledger into its form before pods serve: they are applied once a Job has succeeded', () => {
    const template = templateOf('cell1-pods');
    const [[base], [chart]] = ['Base', 'Chart'].map((name) => Object.entries(template.Resources)
      .filter(([id, { Type }]) => id.startsWith(name) && Type === 'Custom::AWSCDK-EKS-KubernetesResource'));
    const [[awaited, { DependsOn, Properties }]] = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'Custom::AWSCDK-EKS-KubernetesObjectValue');
    expect(Properties).toMatchObject({ ObjectType: 'job', ObjectName: stage.cells[0].pods.chart.base.migration.jobName, ObjectNamespace: 'pay', JsonPath: '.status.succeeded' });
    expect(DependsOn).toContain(base[0]);
    expect(chart[1].DependsOn).toContain(awaited);
    // It gives up before the deployment does.
    const { activeDeadlineSeconds } = manifests.find(({ kind }) => kind === 'Job')!.spec as { activeDeadlineSeconds: number };
    expect(activeDeadlineSeconds).toBeLessThan(Number(Properties.TimeoutSeconds));
  });

  it('looks after the ledger in every cell, not in all of them at once', () => {
    const minutes = [0, 1, 2].map((cellIndex) => manifestsOf(chartOf({ upkeep: { image: IMAGE, variables: {}, revision: '', cellIndex } }))
      .filter(({ kind }) => kind === 'CronJob').map(({ metadata, spec }) => [metadata.name, (spec as { schedule: string }).schedule]));
    expect(minutes).toEqual([
      [['ledger-hourly', '7 * * * *'], ['ledger-daily', '12 3 * * *']],
      [['ledger-hourly', '17 * * * *'], ['ledger-daily', '22 3 * * *']],
      [['ledger-hourly', '27 * * * *'], ['ledger-daily', '32 3 * * *']],
    ]);
    // No two tasks begin together.
    const begun = minutes.flat().map(([, schedule]) => schedule.split(' ')[0]);
    expect(new Set(begun).size).toBe(begun.length);
    // Sums of an hour have ended before the next cell begins; partitions may take as long as they need.
    const deadlines = manifests.filter(({ kind }) => kind === 'CronJob')
      .map(({ spec }) => (spec as { jobTemplate: { spec: { activeDeadlineSeconds: number } } }).jobTemplate.spec.activeDeadlineSeconds);
    expect(deadlines).toEqual([540, 21_600]);
    expect(KUBERNETES.task.deadline.toMinutes()).toBeLessThan(KUBERNETES.upkeep.stagger);
  });

  it('lets nodes pull the images of add-ons of EKS, and reach DynamoDB through its endpoint', () => {
    const endpoints = resources('network', 'AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties);
    const open = endpoints.filter(({ PolicyDocument }) => JSON.stringify(PolicyDocument).includes('ImagesOfOthers'));
    expect(open.map(({ ServiceName }) => /ecr\.\w+/.exec(JSON.stringify(ServiceName))![0]).sort()).toEqual(['ecr.api', 'ecr.dkr']);
    const dynamoDb = endpoints.find(({ ServiceName }) => JSON.stringify(ServiceName).includes('dynamodb'))!;
    expect(JSON.stringify(dynamoDb.RouteTableIds).match(/egress/g)).toHaveLength(DEFAULTS.network.availabilityZones);
  });

  it('has nodes for every Job that Helm waits for: there are no others before pods come', () => {
    const charts = resources('cell1-cluster', 'Custom::AWSCDK-EKS-HelmChart').map(({ Properties }) => Properties);
    const valuesOf = (release: string): unknown => JSON.parse(charts.find(({ Release }) => Release === release)!.Values as string);
    const tolerations = [{ key: 'CriticalAddonsOnly', operator: 'Exists' }];
    expect(valuesOf('prometheus')).toMatchObject({ prometheusOperator: { admissionWebhooks: { patch: { tolerations } } } });
    expect(valuesOf('cert-manager')).toMatchObject({ startupapicheck: { enabled: false } });
  });

  it('calls somebody of every alarm', () => {
    const composites = ['cell1-signals', 'signals'].flatMap((name) => resources(name, 'AWS::CloudWatch::CompositeAlarm')).map((it) => JSON.stringify(it));
    const alarms = assembly.stacks.flatMap(({ template }) => Object.entries((template as Template).Resources))
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm').map(([id]) => id);
    expect(alarms.length).toBeGreaterThan(60);
    expect(alarms.filter((id) => !composites.some((text) => text.includes(id)))).toEqual([]);
  });

  it('tells the autoscaler of the API by the adapter, and takes the lines of its pods to a log under a key', () => {
    const charts = JSON.stringify(resources('cell1-cluster', 'Custom::AWSCDK-EKS-HelmChart').map(({ Properties }) => Properties.Values));
    const [{ spec }] = manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    const [{ pods }] = (spec as { metrics: { pods: { metric: { name: string } } }[] }).metrics;
    expect(charts).toContain(pods.metric.name);
    expect(charts).toContain('/var/log/containers/*_pay_*.log');
    const groups = resources('cell1-cluster', 'AWS::Logs::LogGroup').map(({ Properties }) => Properties);
    expect(groups).toContainEqual(expect.objectContaining({
      LogGroupName: '/aws/eks/payments-dev-kubernetes-cell1-cluster/pods', KmsKeyId: expect.anything(), RetentionInDays: 365,
    }));
  });

  it('is refused for prod where its data would go with it', () => {
    expect(() => new PaymentKubernetesStage(testApp(), 'x', { environmentName: 'prod', workload: environments.prod, disposable: true }))
      .toThrow('`disposable` must be false for prod, got: true');
  });

  describe('tells everybody what they read, and nothing that nobody reads', () => {
    const pods = podsOf(readAssembly(assembly.directory).find(({ stackName }) => stackName.endsWith('cell1-pods'))!);
    const given = (name: string) => new WatchedVariables(pods.find((pod) => pod.name.startsWith(name))!.variables);
    const region = process.env.AWS_REGION;

    beforeAll(() => { Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }); });
    afterAll(() => { process.env.AWS_REGION = region; });

    it('the pods of the API', async () => {
      const variables = given('payment-api');
      const ports = await api.portsFromEnvironment(variables.environment, () => undefined);
      await ports.close?.();
      expect(variables.unread('payment-api')).toEqual(NOT_OF_THE_API);
    });

    it('the pods of the worker', async () => {
      const variables = given('payment-worker');
      const ports = worker.portsFromEnvironment(variables.environment);
      expect(worker.optionsFromEnvironment(variables.environment).topic).toBe('payments');
      await ports.close?.();
      expect(variables.unread('payment-stream-worker')).toEqual([]);
    });

    it.each(['ledger-migration', 'ledger-hourly', 'ledger-daily'])('the pods of %s', (name) => {
      const variables = given(name);
      const { environment } = variables;
      expect(upkeep.usersFromEnvironment(environment)).toEqual({ writer: 'ledger_writer', reader: 'ledger_reader' });
      expect(upkeep.keepDaysFromEnvironment(environment)).toBe(7);
      expect(addressesFromEnvironment(environment, 'DATABASE_WRITERS')).toHaveLength(environment.list('DATABASE_OWNER_SECRETS').length);
      expect(databaseFromEnvironment(environment)).toMatchObject({ database: 'ledger', tls: 'system' });
      expect(upkeep.archiveFromEnvironment(environment, 'ledger')).toBeDefined();
      expect(variables.unread('ledger-maintenance')).toEqual([]);
    });

    const context = { getRemainingTimeInMillis: () => 1_000 };
    // A payout that is none needs no step, and no reminder is looked at: all is made, and nobody is asked.
    const noPayout = ({ handler }: typeof payout) => handler({ step: 'leave', payout: {} }, context);
    const noReminder = ({ watchHandler }: typeof payout) => watchHandler({ Records: [] }, context);

    it.each<{ stackName: string; id: string; handler: string; first?: (started: typeof payout) => Promise<unknown> }>([
      { stackName: 'audit', id: 'AuditTrailArchiver', handler: 'audit-journal-archiver' },
      { stackName: 'audit', id: 'AuditTrailLocators', handler: 'audit-locator' },
      { stackName: 'cell1-refunds', id: 'RefundWorker', handler: 'refund-worker' },
      { stackName: 'events', id: 'Notifications', handler: 'notification-worker' },
      { stackName: 'events', id: 'ReportWorker', handler: 'report-worker' },
      { stackName: 'fraud', id: 'FraudWorker', handler: 'fraud-worker' },
      { stackName: 'payouts', id: 'PayoutSteps', handler: 'payout', first: noPayout },
      { stackName: 'payouts', id: 'PayoutWatch', handler: 'payout', first: noReminder },
    ])('the function $id of $stackName', async ({ first, handler, id, stackName }) => {
      const [, { Properties }] = Object.entries(templateOf(stackName).Resources).find(([key, { Type }]) => key.startsWith(id) && Type === 'AWS::Lambda::Function')!;
      const told = (Properties.Environment as { Variables: Record<string, unknown> }).Variables;
      // What only a deployment knows stands as an object there.
      const known = (name: string, value: unknown): string => (
        /_(BUCKET|TABLE)$/.test(name) ? 'known-name' : JSON.stringify(value).includes('Port') ? 'host.example:5433' : 'https://known.example/queue');
      const text = ([name, value]: [string, unknown]): [string, string] => [name, typeof value === 'string' ? value : known(name, value)];
      const variables = new WatchedVariables(Object.fromEntries(Object.entries(told).map(text)));
      const before = process.env;
      try {
        const get = (target: NodeJS.ProcessEnv, name: string | symbol) => Reflect.get(target, name) as string | undefined ?? before[String(name)];
        process.env = new Proxy<NodeJS.ProcessEnv>(variables.variables, { get });
        await jest.isolateModulesAsync(async () => {
          const started = await import(`../../lambdas/${handler}/index`) as typeof payout;
          expect(started).toHaveProperty('handler');
          await first?.(started);
        });
      } finally {
        process.env = before;
      }
      expect(variables.unread(handler)).toEqual([]);
      expect(told.NODE_EXTRA_CA_CERTS).toBe('DATABASE_WRITERS' in told ? '/var/runtime/ca-cert.pem' : undefined);
    });

    it('in images of their own bundles', () => {
      const { dockerImages } = JSON.parse(fs.readFileSync(path.join(assembly.directory, `${stackOf('cell1-pods').id}.assets.json`), 'utf8')) as {
        dockerImages: Record<string, { source: { directory: string } }>;
      };
      const folderOf = ({ asset }: PodOfAssembly) => path.join(assembly.directory, dockerImages[asset].source.directory);
      expect(pods.map(({ name, args }) => [name.replace(/-[0-9a-f]{10}$/, ''), ...args])).toEqual([
        ['ledger-migration', 'migrate'], ['payment-api'], ['payment-worker'], ['collector'], ['ledger-hourly', 'hourly'], ['ledger-daily', 'daily'],
      ]);
      for (const pod of pods.filter(({ name }) => name !== 'collector')) {
        expect(fs.readFileSync(path.join(folderOf(pod), 'Dockerfile'), 'utf8')).toContain('ENV NODE_EXTRA_CA_CERTS=');
        expect(fs.existsSync(path.join(folderOf(pod), 'index.js'))).toBe(true);
      }
    });

    it('would find out what is missing, malformed or needless', async () => {
      const { variables: sound } = pods.find(({ name }) => name === 'payment-worker')!;
      const { KAFKA_GROUP: _, ...missing } = sound;
      expect(() => worker.portsFromEnvironment(new WatchedVariables(missing).environment)).toThrow('KAFKA_GROUP must be set');
      expect(() => worker.portsFromEnvironment(new WatchedVariables({ ...sound, DATABASE_POOL: 'many' }).environment)).toThrow('DATABASE_POOL must be');
      const needless = new WatchedVariables({ ...sound, KAFKA_CLUSTER_ARN: 'arn' });
      await worker.portsFromEnvironment(needless.environment).close?.();
      worker.optionsFromEnvironment(needless.environment);
      expect(needless.unread('payment-stream-worker')).toEqual(['KAFKA_CLUSTER_ARN']);
    });
  });

  describe('in the eyes of cdk-nag', () => {
    const violations = [AwsSolutionsChecks, NIST80053R5Checks].flatMap((Pack) => (new Pack(app).validateScope(stage) as {
      violations: { ruleName: string; violatingResources: { constructPath?: string }[] }[];
    }).violations);
    const rules = new Map(violations
      .map(({ ruleName, violatingResources }) => [ruleName.replace(/\[.*\]$/, ''), violatingResources[0].constructPath]));
    const known: Readonly<Record<string, string>> = { ...ACKNOWLEDGEMENTS, ...KUBERNETES_ACKNOWLEDGEMENTS };

    it('has nothing that is not acknowledged', () => {
      expect([...rules].filter(([rule]) => !(rule in known))).toEqual([]);
    });

    it('has everything that is acknowledged for it, with a reason', () => {
      expect(Object.keys(KUBERNETES_ACKNOWLEDGEMENTS).filter((rule) => !rules.has(rule))).toEqual([]);
      expect(Object.values(KUBERNETES_ACKNOWLEDGEMENTS).filter((reason) => reason.length < 40)).toEqual([]);
    });
  });
});
