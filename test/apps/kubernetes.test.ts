import { AwsSolutionsChecks } from 'cdk-nag';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { ACKNOWLEDGEMENTS } from '../../apps/payment-reference/acknowledgements';
import { KUBERNETES_ACKNOWLEDGEMENTS } from '../../apps/payment-reference/kubernetes/acknowledgements';
import { PaymentKubernetesStage } from '../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { environments } from '../../apps/payment-reference/workload';
import { DEFAULTS } from '../../constructs/defaults';
import { LIMITS } from '../../constructs/limits';
import { checkManifests, type ManifestObject } from '../../lib/checks/manifests';
import { SIZING_METADATA_KEY, sizeGateway, sizePodTier } from '../../lib/sizing';
import { testApp } from '../support/app';
import { cell, chartOf, manifestsOf } from './payment-chart';

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
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>;
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
      'cell1-cluster', 'cell1-kafka', 'cell1-pods', 'ledger', 'network', 'security',
    ]);
    const workload = environments.dev.with({ cells: 2 });
    const more = new PaymentKubernetesStage(testApp(), 'two', { env: { region: 'eu-west-1' }, environmentName: 'dev', workload });
    expect(more.cells.map(({ cluster }) => cluster.cluster.clusterName)).toEqual(['two-cell1-cluster', 'two-cell2-cluster']);
  });

  it('synthesizes without a warning', () => {
    expect(assembly.stacks.flatMap(({ messages }) => messages.map(({ entry }) => entry.data))).toEqual([]);
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
      .toEqual(['payment-api', 'payment-worker', 'telemetry-collector']);
    const actionsOf = (account: string): string[] => resources('cell1-pods', 'AWS::IAM::ManagedPolicy')
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`pay${account}`.replace(/-/g, '')))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action));
    expect(actionsOf('payment-api')).toEqual(expect.arrayContaining(['kafka-cluster:WriteData', 'rds-db:connect']));
    expect(actionsOf('payment-api')).not.toContain('kafka-cluster:ReadData');
    expect(actionsOf('payment-worker')).toContain('kafka-cluster:ReadData');
    expect(actionsOf('payment-worker')).not.toContain('kafka-cluster:WriteData');
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
    const opened = ['cell1-cluster', 'cell1-kafka', 'ledger'].flatMap((name) => resources(name, 'AWS::EC2::SecurityGroupIngress'))
      .filter(({ Properties }) => JSON.stringify(Properties.SourceSecurityGroupId ?? '').includes('ClusterNodes'));
    const ports = [LIMITS.kafka.ports.iam, DEFAULTS.database.port, LIMITS.database.proxyPort, LIMITS.cache.serverlessPort];
    expect(opened.map(({ Properties }) => Properties.ToPort)).toEqual(expect.arrayContaining(ports));
  });

  it('is refused for prod where its data would go with it', () => {
    expect(() => new PaymentKubernetesStage(testApp(), 'x', { environmentName: 'prod', workload: environments.prod, disposable: true }))
      .toThrow('`disposable` must be false for prod, got: true');
  });

  describe('in the eyes of cdk-nag', () => {
    const report = new AwsSolutionsChecks(app).validateScope(stage) as {
      violations: { ruleName: string; violatingResources: { constructPath?: string }[] }[];
    };
    const rules = new Map(report.violations
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
