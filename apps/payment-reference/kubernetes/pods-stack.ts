import { createHash } from 'node:crypto';
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { DockerImageAsset, type DockerImageAssetProps, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { assetFolder, type PodIdentity, type QueueWorker, recordDecisions, recordWorkload } from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import { PodObservability } from '../../../constructs/kubernetes';
import { App } from '../../../constructs/kubernetes/cdk8s';
import { LIMITS } from '../../../constructs/limits';
import { collectorImage } from '../../../constructs/observability/collector-image';
import type { Decision } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import { referenceTags } from '../guard-stage';
import type { AccessStack } from '../stacks/access-stack';
import type { CacheStack } from '../stacks/cache-stack';
import type { FraudStack } from '../stacks/fraud-stack';
import type { NetworkStack } from '../stacks/network-stack';
import type { PayoutsStack } from '../stacks/payouts-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { KubernetesAuditStack } from './audit-stack';
import type { UpkeepOptions } from './base-chart';
import type { ClusterStack } from './cluster-stack';
import type { KubernetesDataStack } from './data-stack';
import type { KafkaStack } from './kafka-stack';
import type { LedgerStack } from './ledger-stack';
import { API, CONSUMER_GROUP, NAMESPACE, UPKEEP, WORKER } from './names';
import { PaymentChart, type PaymentChartProps } from './payment-chart';
import { apiVariables, upkeepVariables, workerVariables } from './variables';

/** Properties of `PodsStack`. */
export interface PodsStackProps extends ReferenceStackProps {
  readonly access: AccessStack;
  readonly audit: KubernetesAuditStack;
  readonly cache: CacheStack;
  /** Name of the environment: a tag of what is made outside of stacks. */
  readonly environmentName: string;
  /** Which of the cells this is, from 0, and how many there are. */
  readonly cellIndex: number;
  readonly cells: number;
  readonly cluster: ClusterStack;
  readonly data: KubernetesDataStack;
  readonly fraud: FraudStack;
  readonly kafka: KafkaStack;
  readonly ledger: LedgerStack;
  readonly network: NetworkStack;
  readonly payouts: PayoutsStack;
  /** Where refunds wait that came before their payment. */
  readonly refunds: QueueWorker;
  /** Page with the runbooks. None when left out. */
  readonly runbookUrl?: string;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** What runs in the cluster of one cell, and what its pods may do. */
export class PodsStack extends Stack {
  readonly chart: PaymentChart;

  constructor(scope: Construct, id: string, private readonly props: PodsStackProps) {
    super(scope, id, props);
    this.chart = new PaymentChart(new App(), 'payments', this.chartProps());
    this.applyInOrder();
    recordWorkload(this, props.workload);
    const { api, gateways: [gateway], worker } = this.chart;
    const sizes: { readonly [name: string]: readonly Decision[] } = { Api: api.decisions, Worker: worker.decisions, Gateway: gateway.decisions };
    for (const [name, decisions] of Object.entries(sizes)) {
      recordDecisions(new Construct(this, name), decisions);
    }
  }

  /** Pods that know a new form of the ledger come once it has that form; those before them know it as well. */
  private applyInOrder(): void {
    const { audit, cluster: { cluster }, ledger: { database } } = this.props;
    const { base } = this.chart;
    const identities = this.letPodsIn();
    const upkeep = cluster.addIdentity(UPKEEP, NAMESPACE, this);
    database.grantOwn(upkeep);
    audit.trail.grantReadPlaces(upkeep);
    const first = cluster.addChart('Base', base, this);
    // Pods that start before they have a role start in vain.
    first.node.addDependency(upkeep);
    const migrated = cluster.awaitJob('Migrated', { name: base.migration.jobName, namespace: NAMESPACE }, first, this);
    cluster.addChart('Chart', this.chart, this).node.addDependency(migrated, ...identities);
  }

  /** The API writes to the topic, reads the ledger and starts payouts; the worker reads the topic and writes the ledger; KEDA sees the lag. */
  private letPodsIn(): PodIdentity[] {
    const { access, cache, cluster: { cluster }, data, fraud, kafka: { eventStream }, ledger: { database }, payouts, refunds } = this.props;
    const accounts = [API, WORKER, PodObservability.COLLECTOR_ACCOUNT];
    const [api, worker, collector] = accounts.map((account) => cluster.addIdentity(account, NAMESPACE, this));
    eventStream.grantWrite(api);
    // What may not be old is read at the writers, by a user who cannot write.
    database.grantRead(api);
    database.grantReadWriters(api);
    cache.cache.grantConnect(api);
    access.auth.grantRead(api);
    data.profiles.grantRead(api);
    data.parking.grantRead(api);
    payouts.saga.grantStart(api);
    eventStream.grantRead(worker, CONSUMER_GROUP);
    database.grantWrite(worker);
    // Where merchants lie is read there while the writer does not answer.
    database.grantRead(worker);
    data.parking.grantPut(worker);
    refunds.grantSend(worker);
    fraud.events.grantWrite(worker);
    const traces = ['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutSpans', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    collector.role.addToPolicy(new PolicyStatement({ actions: traces, resources: ['*'] }));
    eventStream.grantLag(cluster.keda, CONSUMER_GROUP);
    return [api, worker, collector];
  }

  private chartProps(): PaymentChartProps {
    const { access, cache: { cache }, cells, cluster: { cluster }, data, fraud, network, refunds, runbookUrl, workload } = this.props;
    const { kafka: { eventStream }, ledger: { database }, payouts: { saga } } = this.props;
    const domain = '([a-z0-9-]+\\.)+[a-z]{2,}';
    // CloudFormation does not know them.
    const brokers = this.text('Brokers', 'Answer of "aws kafka get-bootstrap-brokers": BootstrapBrokerStringSaslIam', '[^,\\s"]+:\\d+(,[^,\\s"]+:\\d+)*');
    const common = { database, parking: data.parking, topic: { stream: eventStream, brokers }, workload };
    return {
      workload,
      region: this.region,
      cells,
      clusterName: cluster.clusterName,
      nodeRole: cluster.karpenter.nodeRole.roleName,
      // Those of everything else in the stage.
      tags: { ...Object.fromEntries(referenceTags(this.props.environmentName).map(({ key, value }) => [key, value])), cell: `cell${this.props.cellIndex + 1}` },
      nodeImageVersion: this.text('NodeImageVersion', 'Version of the Bottlerocket images of the nodes, as v20260101', 'v\\d{8}'),
      networkRange: network.foundation.vpc.vpcCidrBlock,
      topic: { name: eventStream.topicName, partitions: eventStream.sizing.partitions, brokers },
      dataPorts: {
        Topic: LIMITS.kafka.ports.iam,
        Ledger: DEFAULTS.database.port,
        Proxies: LIMITS.database.proxyPort,
        ...(cache.nodes === undefined
          ? { Cache: LIMITS.cache.serverlessPort, CacheReaders: LIMITS.cache.serverlessReaderPort }
          : { Cache: DEFAULTS.cache.port }),
      },
      images: {
        api: this.image('ApiImage', ourImage('payment-api')).imageUri,
        worker: this.image('WorkerImage', ourImage('payment-stream-worker')).imageUri,
        collector: this.image('CollectorImage', collectorImage()).imageUri,
      },
      hostnames: {
        public: this.text('PublicHostname', 'Name that people and their devices call', domain),
        partners: this.text('PartnersHostname', 'Name that servers of partners call', domain),
      },
      tokens: {
        issuer: access.issuer.issuer,
        audiences: [this.text('JwtAudience', 'Audience that tokens must name: the claim aud', '[^\\s"]+')],
        jwksUri: access.issuer.jwksEndpoint,
        scopes: ['payments:write'],
      },
      variables: {
        api: apiVariables({ ...common, access, cache, profiles: data.profiles, saga }),
        worker: workerVariables({ ...common, refunds, eventStreamName: fraud.events.stream.streamName }),
      },
      upkeep: this.upkeep(),
      runbooks: runbookUrl === undefined ? undefined : `${runbookUrl}#`,
    };
  }

  private upkeep(): UpkeepOptions {
    const { audit, cellIndex, ledger: { database }, workload } = this.props;
    const image = this.image('UpkeepImage', ourImage('ledger-maintenance'));
    const variables = upkeepVariables(database, audit.trail, workload);
    const revision = createHash('sha256').update(image.assetHash).update(JSON.stringify(this.resolve(variables))).digest('hex');
    return { image: image.imageUri, variables, revision, cellIndex };
  }

  private image(id: string, props: DockerImageAssetProps): DockerImageAsset {
    return new DockerImageAsset(this, id, props);
  }

  private text(name: string, description: string, allowedPattern: string): string {
    return new CfnParameter(this, name, { description, allowedPattern }).valueAsString;
  }
}

function ourImage(name: string): DockerImageAssetProps {
  return { directory: assetFolder(name), platform: Platform.LINUX_ARM64 };
}
