import { CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { recordDecisions, recordWorkload } from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import { App } from '../../../constructs/kubernetes/cdk8s';
import { LIMITS } from '../../../constructs/limits';
import type { Decision } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { ClusterStack } from './cluster-stack';
import type { KafkaStack } from './kafka-stack';
import type { LedgerStack } from './ledger-stack';
import { API, COLLECTOR, CONSUMER_GROUP, NAMESPACE, PaymentChart, type PaymentChartProps, WORKER } from './payment-chart';

/** Properties of `PodsStack`. */
export interface PodsStackProps extends ReferenceStackProps {
  readonly cluster: ClusterStack;
  readonly kafka: KafkaStack;
  readonly ledger: LedgerStack;
  readonly network: NetworkStack;
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
    const { cluster: { cluster }, workload } = props;
    this.chart = new PaymentChart(new App(), 'payments', this.chartProps());
    cluster.addChart('Chart', this.chart, this);
    this.letPodsIn();
    recordWorkload(this, workload);
    const { api, gateways: [gateway], worker } = this.chart;
    const sizes: { readonly [name: string]: readonly Decision[] } = { Api: api.decisions, Worker: worker.decisions, Gateway: gateway.decisions };
    for (const [name, decisions] of Object.entries(sizes)) {
      recordDecisions(new Construct(this, name), decisions);
    }
  }

  /** The API writes to the topic and reads the ledger; the worker reads the topic and writes the ledger; KEDA sees how far it is behind. */
  private letPodsIn(): void {
    const { cluster: { cluster }, kafka: { eventStream }, ledger: { cache, database } } = this.props;
    const identity = (account: string) => cluster.addIdentity(account, NAMESPACE, this);
    const api = identity(API);
    eventStream.grantWrite(api);
    database.grantRead(api);
    cache.grantConnect(api);
    const worker = identity(WORKER);
    eventStream.grantRead(worker, CONSUMER_GROUP);
    database.grantWrite(worker);
    const traces = ['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutSpans', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    identity(COLLECTOR).role.addToPolicy(new PolicyStatement({ actions: traces, resources: ['*'] }));
    eventStream.grantLag(cluster.keda, CONSUMER_GROUP);
  }

  private chartProps(): PaymentChartProps {
    const { cluster: { cluster }, kafka: { eventStream }, ledger: { cache, database }, network, runbookUrl, workload } = this.props;
    const text = (name: string, description: string, allowedPattern: string): string =>
      new CfnParameter(this, name, { description, allowedPattern }).valueAsString;
    const image = (name: string, description: string): string => text(name, `${description}, by its digest`, '.+@sha256:[0-9a-f]{64}');
    const domain = '([a-z0-9-]+\\.)+[a-z]{2,}';
    const https = 'https://\\S+';
    const topic = { KAFKA_CLUSTER_ARN: eventStream.clusterArn, KAFKA_TOPIC: eventStream.topicName };
    return {
      workload,
      region: this.region,
      clusterName: cluster.clusterName,
      nodeRole: cluster.karpenter.nodeRole.roleName,
      nodeImageVersion: text('NodeImageVersion', 'Version of the Bottlerocket images of the nodes, as v20260101', 'v\\d{8}'),
      networkRange: network.foundation.vpc.vpcCidrBlock,
      topic: {
        name: eventStream.topicName,
        partitions: eventStream.sizing.partitions,
        // CloudFormation does not know them.
        brokers: text('Brokers', 'Answer of "aws kafka get-bootstrap-brokers": BootstrapBrokerStringSaslIam', '[^,\\s]+:\\d+(,[^,\\s]+:\\d+)*'),
      },
      dataPorts: {
        Topic: LIMITS.kafka.ports.iam,
        Ledger: DEFAULTS.database.port,
        Proxies: LIMITS.database.proxyPort,
        ...(cache.nodes === undefined
          ? { Cache: LIMITS.cache.serverlessPort, CacheReaders: LIMITS.cache.serverlessReaderPort }
          : { Cache: DEFAULTS.cache.port }),
      },
      images: {
        api: image('ApiImage', 'Image of payment-api'),
        worker: image('WorkerImage', 'Image of payment-worker'),
        collector: image('CollectorImage', 'Image of the AWS Distro for OpenTelemetry collector'),
      },
      hostnames: {
        public: text('PublicHostname', 'Name that people and their devices call', domain),
        partners: text('PartnersHostname', 'Name that servers of partners call', domain),
      },
      tokens: {
        issuer: text('JwtIssuer', 'Issuer whose tokens are accepted: the claim iss', https),
        audiences: [text('JwtAudience', 'Audience that tokens must name: the claim aud', '\\S+')],
        jwksUri: text('JwtKeySetEndpoint', 'Where gateways read the public keys of the issuer', https),
        scopes: ['payments:write'],
      },
      variables: {
        api: { ...topic, ...database.variables, ...cache.variables },
        worker: { ...topic, KAFKA_CONSUMER_GROUP: CONSUMER_GROUP, ...database.variables },
      },
      runbooks: runbookUrl === undefined ? undefined : `${runbookUrl}#`,
    };
  }
}
