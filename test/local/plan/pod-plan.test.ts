import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { faultParts } from '../../../local/plan/fault-parts';
import { localVariables } from '../../../local/plan/local-variables';
import { planTopics } from '../../../local/plan/log-plan';
import { planPods } from '../../../local/plan/pod-plan';
import { apiEnvironments, planRun } from '../../../local/plan/run-plan';
import { temporaryFolder } from '../run/cht';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A folder of an image: with a bundle, or of another program. */
function imageFolder(name: string, program = 'index.js'): string {
  const context = path.join(folder, name);
  fs.mkdirSync(context, { recursive: true });
  fs.writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\n');
  fs.writeFileSync(path.join(context, program), `// ${name}`);
  return context;
}

let outputs = 0;
function synthesized(...builds: ((stack: Stack) => void)[]): Topology {
  const outdir = path.join(folder, `out${outputs++}`);
  const app = new App({ outdir });
  builds.forEach((build, index) => build(new Stack(app, `Test${index + 1}`)));
  app.synth();
  return Topology.read(outdir);
}

function apply(stack: Stack, ...objects: object[]): void {
  new CfnResource(stack, `Chart${stack.node.children.length}`, {
    type: 'Custom::AWSCDK-EKS-KubernetesResource', properties: { Manifest: stack.toJsonString(objects), ClusterName: 'c' },
  });
}

interface ContainerOptions {
  readonly env?: object[];
  readonly args?: string[];
  readonly path?: string;
}

const image = (stack: Stack, name: string, program?: string): string => (
  new DockerImageAsset(stack, name, { directory: imageFolder(name, program) }).imageUri
);
const template = (name: string, uri: string, { args, env, path: ready }: ContainerOptions = {}) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name, image: uri, args, env, ...(ready !== undefined && { readinessProbe: { httpGet: { path: ready, port: 8080 } } }) }] },
});
const deployment = (name: string, uri: string, options?: ContainerOptions, replicas?: number) => (
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'pay' }, spec: { replicas, template: template(name, uri, options) } }
);
const service = (name: string) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'pay' }, spec: { selector: { app: name } } });
const route = (...names: string[]) => ({
  apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'public' },
  spec: { rules: [{ backendRefs: names.map((name) => ({ name, port: 80 })) }] },
});
const scaled = (name: string, minReplicaCount: number) => (
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name }, spec: { scaleTargetRef: { name }, minReplicaCount } }
);
const job = (name: string, uri: string, args: string[], kind = 'Job') => (
  { apiVersion: 'batch/v1', kind, metadata: { name }, spec: { template: template(name, uri, { args }) } }
);
const cluster = (stack: Stack, id = 'Log') => new CfnResource(stack, id, { type: 'AWS::MSK::Cluster', properties: { ClusterName: `${stack.stackName}-${id}` } });
const topic = (stack: Stack, of: CfnResource, partitions = 6) => new CfnResource(stack, `${of.node.id}Topic`, {
  type: 'AWS::MSK::Topic', properties: { ClusterArn: of.getAtt('Arn'), TopicName: 'payments', PartitionCount: partitions, ReplicationFactor: 3 },
});

describe('the plan of pods', () => {
  it('runs one of what a route leads to, and at most two of what none leads to, from the bundles of their images', () => {
    const topology = synthesized((stack) => apply(stack,
      deployment('api', image(stack, 'api'), { env: [{ name: 'A', value: '1' }], path: '/readyz' }), service('api'), route('api'),
      deployment('worker', image(stack, 'worker'), { args: ['read'] }), service('worker'), scaled('worker', 5),
      deployment('other', image(stack, 'other'), {}, 1),
    ));
    const { left, pods } = planPods(topology);
    expect(pods).toEqual([
      expect.objectContaining({ name: 'Test1/api', role: 'service', replicas: 1, environment: { A: '1' }, args: [], readinessPath: '/readyz' }),
      expect.objectContaining({ name: 'Test1/worker', role: 'worker', replicas: 2, args: ['read'], readinessPath: undefined }),
      expect.objectContaining({ name: 'Test1/other', role: 'worker', replicas: 1 }),
    ]);
    expect(pods.map(({ codeFolder }) => fs.readFileSync(path.join(codeFolder, 'index.js'), 'utf8'))).toEqual(['// api', '// worker', '// other']);
    expect(left).toEqual([]);
  });

  it('knows how many of them a gateway would divide requests over: what the template keeps, at most two', () => {
    const topology = synthesized((stack) => apply(stack,
      deployment('few', image(stack, 'few'), {}, 1), service('few'), deployment('many', image(stack, 'many'), {}, 9), service('many'), route('few', 'many'),
    ));
    const { pods } = planPods(topology);
    expect(pods.map(({ replicas, replicasBehindGateway }) => [replicas, replicasBehindGateway])).toEqual([[1, 1], [1, 2]]);
  });

  it('says of the objects of gateways that they have an effect where one stands before the API', () => {
    const topology = synthesized((stack) => apply(stack, { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'public' } }, route()));
    expect(checkCoverage(topology).details).toContainEqual(expect.stringContaining('modelled: HTTPRoute; without effect here: Gateway.'));
    expect(checkCoverage(topology, true).details).toContainEqual(expect.stringContaining('modelled: Gateway, HTTPRoute; without effect here: .'));
  });

  it('leaves what is no program of Node.js of this assembly, and what is done now and then; jobs run in their order', () => {
    const topology = synthesized((stack) => {
      const uri = image(stack, 'maintenance');
      apply(stack, job('second', uri, ['b']));
      apply(stack, job('first', uri, ['a']), deployment('collector', image(stack, 'collector', 'run.sh')), deployment('bought', 'registry/bought:1'),
        job('nightly', uri, ['c'], 'CronJob'));
    });
    const { jobs, left, pods } = planPods(topology);
    expect(pods).toEqual([]);
    expect(jobs.map(({ args, name }) => [name, args])).toEqual([['Test1/second', ['b']], ['Test1/first', ['a']]]);
    expect(left).toEqual(['Test1/collector', 'Test1/bought', 'Test1/nightly']);
    expect(checkCoverage(topology).details).toContainEqual(
      'Deployments and jobs for now and then, which do not run here: Test1/collector, Test1/bought, Test1/nightly.',
    );
  });

  it('refuses a job and a variable that do not run here, and kinds that it does not know', () => {
    const jobs = synthesized((stack) => apply(stack, job('bought', 'registry/bought:1', [])));
    expect(() => planPods(jobs)).toThrow('The job Test1/bought runs an image that is no program of Node.js built from this assembly.');
    const secret = synthesized((stack) => apply(stack, deployment('api', image(stack, 'api'), { env: [{ name: 'KEY', valueFrom: { secretKeyRef: {} } }] })));
    expect(() => planPods(secret)).toThrow('The variable KEY of Test1/api comes from secretKeyRef, which does not run here: give it a value.');
    const kinds = synthesized((stack) => apply(stack, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' } }));
    expect(() => checkCoverage(kinds)).toThrow('  - StatefulSet of apps/v1, db (Test1/Chart0)');
  });

  it('leads every cell to its own cluster of Kafka, which its policies name', () => {
    const cell = (stack: Stack) => {
      const log = cluster(stack);
      topic(stack, log);
      new CfnResource(stack, 'Policy', { type: 'AWS::IAM::ManagedPolicy', properties: { PolicyDocument: { Statement: [{ Resource: log.getAtt('Arn') }] } } });
      apply(stack, deployment('api', image(stack, 'api'), { env: [{ name: 'KAFKA_TOPIC', value: 'payments' }] }), service('api'), route('api'));
    };
    const plan = planRun(synthesized(cell, cell));
    expect(plan.pods.map(({ clusterArn }) => clusterArn)).toEqual(plan.topics.map(({ clusterArn }) => clusterArn));
    expect(new Set(plan.topics.map(({ clusterArn }) => clusterArn)).size).toBe(2);
    const places = { queueUrls: new Map(), caches: new Map(), databases: [], brokers: new Map(plan.topics.map(({ clusterArn }, index) => [clusterArn, `here:${index}`])) };
    const brokers = plan.pods.map(({ clusterArn, environment }) => localVariables(environment, places, clusterArn));
    expect(brokers).toEqual([0, 1].map((index) => (
      { KAFKA_TOPIC: 'payments', KAFKA_BROKERS: `here:${index}`, KAFKA_TLS: 'off', KAFKA_AUTHENTICATION: 'none' }
    )));
    expect(() => localVariables({ KAFKA_TOPIC: 'payments' }, places)).toThrow('There are 2 clusters of Kafka');
    expect(faultParts(plan)).toEqual(['topic']);
    expect(apiEnvironments(plan)).toHaveLength(2);
  });
});

describe('the plan of topics and databases', () => {
  it('has the topics of the template with their partitions, and refuses a cluster without any', () => {
    expect(planTopics(synthesized((stack) => topic(stack, cluster(stack), 12)))).toEqual([
      { name: 'payments', partitions: 12, clusterArn: expect.stringMatching(/:cluster\/Test1-Log\//) },
    ]);
    expect(() => planTopics(synthesized((stack) => cluster(stack)))).toThrow('Test1/Log has no AWS::MSK::Topic');
  });

  it('has every cluster of PostgreSQL, and refuses another engine', () => {
    const databases = (...engines: string[]) => synthesized((stack) => engines.forEach((Engine, index) => (
      new CfnResource(stack, `Shard${index}`, { type: 'AWS::RDS::DBCluster', properties: { Engine, DBClusterIdentifier: `ledger-${index}` } })
    )));
    expect(planRun(databases('aurora-postgresql', 'postgresql')).databases).toEqual([{ name: 'ledger-0' }, { name: 'ledger-1' }]);
    expect(() => planRun(databases('aurora-mysql'))).toThrow('Test1/Shard0 has the engine aurora-mysql');
  });

  it('leads clients to the databases of the run, in their order, and refuses one that knows another number of shards', () => {
    const databases = [1, 2].map((index) => ({ endpoint: `127.0.0.1:${index}`, database: 'postgres', owner: 'postgres' }));
    const places = { queueUrls: new Map([['https://queue', 'http://here']]), caches: new Map(), brokers: new Map(), databases };
    expect(localVariables({ DATABASE_WRITERS: 'a,b:5433', DATABASE_NAME: 'ledger', QUEUE: 'https://queue', GRPC_PORT: '9090', NODE_EXTRA_CA_CERTS: '/ca.pem' }, places)).toEqual({
      DATABASE_WRITERS: '127.0.0.1:1,127.0.0.1:2', DATABASE_NAME: 'postgres', DATABASE_OWNER_USER: 'postgres', DATABASE_TLS: 'off',
      DATABASE_AUTHENTICATION: 'none', QUEUE: 'http://here',
    });
    expect(() => localVariables({ DATABASE_READERS: 'a' }, places)).toThrow('DATABASE_READERS lists 1 shards, and the assembly has 2 clusters');
  });
});
