import { Duration, Size } from 'aws-cdk-lib';
import { PriorityLevel, StatelessPods, type StatelessPodsProps, StreamWorkerPods, type StreamWorkerPodsProps, WorkerSource } from '../../../constructs/kubernetes';
import { sizePodTier } from '../../../lib/sizing';
import { Rate } from '../../../lib/workload';
import { at, IMAGE, manifests, only, WORKLOAD } from './sample';

const kafka = (partitions = 60): WorkerSource => WorkerSource.kafka({
  bootstrapServers: 'b-1.example:9098,b-2.example:9098', topic: 'payments', consumerGroup: 'payment-worker', partitions, region: 'eu-west-1',
});
const api = (props: Partial<StatelessPodsProps> = {}) =>
  manifests((scope) => void new StatelessPods(scope, 'Api', { name: 'payment-api', workload: WORKLOAD, image: IMAGE, ...props }));
const worker = (props: Partial<StreamWorkerPodsProps> = {}) => manifests((scope) =>
  void new StreamWorkerPods(scope, 'Worker', { name: 'payment-worker', workload: WORKLOAD, image: IMAGE, source: kafka(), ...props }));
const POD = 'spec.template.spec';

describe('pods', () => {
  it('are what the restricted standard takes', () => {
    const deployment = only(api(), 'Deployment');
    expect(at(deployment, `${POD}.securityContext`)).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
    expect(at(deployment, `${POD}.containers.0.securityContext`)).toEqual({
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] },
    });
    expect(at(deployment, `${POD}.automountServiceAccountToken`)).toBe(false);
    expect(at(only(api(), 'ServiceAccount'), 'automountServiceAccountToken')).toBe(false);
  });

  it('spread over zones, also while a new version comes, without a rule that keeps a second one out of a zone', () => {
    const deployment = only(api(), 'Deployment');
    expect(at(deployment, `${POD}.topologySpreadConstraints`)).toEqual([
      expect.objectContaining({ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['pod-template-hash'] }),
      expect.objectContaining({ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }),
    ]);
    expect(at(deployment, `${POD}.affinity`)).toBeUndefined();
  });

  it('have the memory that they ask for and no more, and no limit of CPU unless the CPUs are their own', () => {
    const sizing = sizePodTier(WORKLOAD);
    const memory = `${sizing.memory.toMebibytes()}Mi`;
    expect(at(only(api(), 'Deployment'), `${POD}.containers.0.resources`)).toEqual({
      requests: { cpu: `${sizing.cpuRequest * 1000}m`, memory }, limits: { memory },
    });
    expect(at(only(api({ guaranteedCpu: true, cpuRequest: 2 }), 'Deployment'), `${POD}.containers.0.resources`)).toEqual({
      requests: { cpu: '2000m', memory }, limits: { cpu: '2000m', memory },
    });
  });

  it('give the heap its part of the memory', () => {
    expect(at(only(api({ memory: Size.gibibytes(2) }), 'Deployment'), `${POD}.containers.0.env`))
      .toEqual([{ name: 'NODE_OPTIONS', value: `--max-old-space-size=${Math.floor(2048 * 0.6)} --max-semi-space-size=32` }]);
    expect(at(only(api({ environment: { NODE_OPTIONS: '--max-old-space-size=100', STAGE: 'prod' } }), 'Deployment'), `${POD}.containers.0.env`))
      .toEqual([{ name: 'NODE_OPTIONS', value: '--max-old-space-size=100' }, { name: 'STAGE', value: 'prod' }]);
  });

  it('finish what they have begun: first they still answer, then they drain', () => {
    const deployment = only(api({ drainTime: Duration.seconds(40) }), 'Deployment');
    expect(at(deployment, `${POD}.containers.0.lifecycle.preStop.exec.command`)).toEqual(['sleep', '5']);
    expect(at(deployment, `${POD}.terminationGracePeriodSeconds`)).toBe(45);
    expect(at(deployment, 'spec.strategy.rollingUpdate')).toEqual({ maxSurge: '25%', maxUnavailable: 0 });
    expect(at(only(api(), 'PodDisruptionBudget'), 'spec.maxUnavailable')).toBe('10%');
  });

  it('are asked whether they start, are ready and live, each apart', () => {
    const deployment = only(api({ containerPort: 9000, readinessPath: '/ready', livenessPath: '/alive' }), 'Deployment');
    const path = (probe: string): unknown => at(deployment, `${POD}.containers.0.${probe}.httpGet`);
    expect([path('startupProbe'), path('readinessProbe'), path('livenessProbe')])
      .toEqual([{ path: '/ready', port: 9000 }, { path: '/ready', port: 9000 }, { path: '/alive', port: 9000 }]);
  });

  it('have the class that they are given', () => {
    expect(at(only(api(), 'Deployment'), `${POD}.priorityClassName`)).toBe('payments-critical');
    expect(at(only(api({ priority: PriorityLevel.REPORTING }), 'Deployment'), `${POD}.priorityClassName`)).toBe('reporting');
  });

  it('are counted by their autoscaler alone', () => {
    expect(at(only(api(), 'Deployment'), 'spec.replicas')).toBeUndefined();
    expect(at(only(worker(), 'Deployment'), 'spec.replicas')).toBeUndefined();
    expect(worker().some(({ kind }) => kind === 'HorizontalPodAutoscaler')).toBe(false);
  });

  it.each([
    ['an image by its tag', { image: 'example/api:1.2.3' }, /`image` must end with a digest/],
    ['a name that is none', { name: 'Payment_API' }, /`name` must be lower-case letters/],
    ['no pods', { minimumReplicas: 0 }, '`minimumReplicas` must be between 1 and Infinity, got: 0'],
    ['fewer at most than at least', { minimumReplicas: 10, maximumReplicas: 3 }, '`maximumReplicas` must be at least `minimumReplicas` = 10, got: 3'],
    ['a part of a CPU of its own', { guaranteedCpu: true, cpuRequest: 0.5 }, '`cpuRequest` must be a whole number with `guaranteedCpu`, got: 0.5'],
    ['draining longer than Spot gives notice', { drainTime: Duration.minutes(10) }, '`drainTime` must be between 1 and 120 seconds, got: 600'],
    ['a privileged port', { containerPort: 80 }, '`containerPort` must be between 1024 and 65535, got: 80'],
  ])('refuse %s', (_, props, message) => {
    expect(() => api(props)).toThrow(message);
  });
});

describe('pods that answer', () => {
  it('are scaled by the requests of each, within the bounds of the workload', () => {
    const sizing = sizePodTier(WORKLOAD);
    const autoscaler = only(api(), 'HorizontalPodAutoscaler');
    expect(at(autoscaler, 'spec')).toMatchObject({ minReplicas: sizing.minimumReplicas, maxReplicas: sizing.maximumReplicas });
    expect(at(autoscaler, 'spec.metrics')).toEqual([{
      type: 'Pods', pods: { metric: { name: 'http_requests_per_second' }, target: { type: 'AverageValue', averageValue: sizing.requestsPerPod } },
    }]);
    expect(at(autoscaler, 'spec.scaleTargetRef')).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'payment-api' });
  });

  it('stand behind a service that finds them', () => {
    const objects = api({ containerPort: 9000 });
    expect(at(only(objects, 'Service'), 'spec')).toEqual({
      selector: { 'app.kubernetes.io/name': 'payment-api' }, ports: [{ name: 'http', port: 80, targetPort: 9000, protocol: 'TCP' }],
    });
    expect(at(only(objects, 'Deployment'), 'spec.template.metadata.labels')).toEqual({ 'app.kubernetes.io/name': 'payment-api' });
  });

  it('say why they are so many', () => {
    let decisions: readonly string[] = [];
    manifests((scope) => {
      const pods = new StatelessPods(scope, 'Api', { name: 'api', workload: WORKLOAD, image: IMAGE, maximumReplicas: 40 });
      decisions = pods.decisions.map(({ path, name, origin }) => `${path}/${name} ${origin}`);
    });
    expect(decisions).toContain('chart/Api/Tier/maximumReplicas override');
    expect(decisions).toContain('chart/Api/Tier/requestsPerPod derived');
  });
});

describe('pods that read a stream', () => {
  it('follow the lag: what a pod works off in its share of the settle target', () => {
    const sizing = sizePodTier(WORKLOAD, undefined, { role: 'worker', partitions: 60 });
    const spec = at(only(worker(), 'ScaledObject'), 'spec') as { readonly triggers: readonly { readonly metadata: { readonly [name: string]: unknown } }[] };
    expect(spec).toMatchObject({
      minReplicaCount: sizing.minimumReplicas, maxReplicaCount: sizing.maximumReplicas, scaleTargetRef: { name: 'payment-worker' },
      fallback: { failureThreshold: 3, replicas: sizing.peakReplicas },
    });
    expect(spec.triggers[0].metadata).toMatchObject({
      lagThreshold: String(sizing.lagThreshold), topic: 'payments', consumerGroup: 'payment-worker',
      sasl: 'oauthbearer', saslTokenProvider: 'aws_msk_iam', tls: 'enable',
    });
    expect(spec.triggers.flatMap(({ metadata }) => Object.values(metadata)).every((value) => typeof value === 'string')).toBe(true);
  });

  it('are never more than there are partitions', () => {
    const spec = at(only(worker({ source: kafka(6) }), 'ScaledObject'), 'spec') as { readonly maxReplicaCount: number };
    expect(spec.maxReplicaCount).toBeLessThanOrEqual(6);
    expect(() => worker({ maximumReplicas: 61 })).toThrow('`maximumReplicas` must be between 1 and 60, got: 61');
    expect(() => worker({ workload: WORKLOAD.with({ peak: Rate.perSecond(1_000_000) }), source: kafka(2) })).toThrow(/`partitions` must be at least/);
  });

  it('follow shards and the age of records of Kinesis, as its trigger knows no lag', () => {
    const source = WorkerSource.kinesis({ streamName: 'payments', shards: 40, allowedAgeSeconds: 2, region: 'eu-west-1' });
    const objects = worker({ source });
    const spec = at(only(objects, 'ScaledObject'), 'spec') as { readonly triggers: readonly { readonly type: string; readonly authenticationRef: object }[] };
    expect(spec.triggers.map(({ type }) => type)).toEqual(['aws-kinesis-stream', 'aws-cloudwatch']);
    expect(at(only(objects, 'ScaledObject'), 'spec.advanced.scalingModifiers')).toEqual({ formula: 'age > 2000 ? shards * age / 2000 : shards', target: '1' });
    expect(spec.triggers.every(({ authenticationRef }) => JSON.stringify(authenticationRef) === '{"name":"payment-worker"}')).toBe(true);
    expect(at(only(objects, 'TriggerAuthentication'), 'spec')).toEqual({ podIdentity: { provider: 'aws', identityOwner: 'keda' } });
  });
});
