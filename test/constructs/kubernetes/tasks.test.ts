import { Duration, Token } from 'aws-cdk-lib';
import { PriorityLevel, StatelessPods, TaskRun, type TaskRunProps, TaskSchedule, type TaskScheduleProps } from '../../../constructs/kubernetes';
import type { Manifest } from '../../support/kubernetes';
import { at, IMAGE, manifests, only, WORKLOAD } from './sample';

const run = (props: Partial<TaskRunProps> = {}): Manifest => only(manifests((scope) =>
  void new TaskRun(scope, 'Run', { name: 'migration', image: IMAGE, serviceAccountName: 'upkeep', ...props })), 'Job');
const schedule = (props: Partial<TaskScheduleProps> = {}): Manifest => only(manifests((scope) =>
  void new TaskSchedule(scope, 'Upkeep', { name: 'upkeep', image: IMAGE, serviceAccountName: 'upkeep', schedule: '7 3 * * *', ...props })), 'CronJob');
const POD = 'spec.template.spec';

describe('a task that runs once', () => {
  it('runs to its end in pods that the restricted standard takes, with what they need and no more', () => {
    const job = run({ args: ['migrate'], environment: { LEDGER: 'postgresql' } });
    expect(at(job, 'spec')).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 540, ttlSecondsAfterFinished: 3600 });
    expect(at(job, POD)).toMatchObject({
      restartPolicy: 'Never', serviceAccountName: 'upkeep', automountServiceAccountToken: false, priorityClassName: 'batch',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    const container = at(job, `${POD}.containers.0`) as { readonly [name: string]: unknown };
    expect(container).toMatchObject({
      args: ['migrate'],
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '256Mi' } },
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    expect(container.env).toContainEqual({ name: 'LEDGER', value: 'postgresql' });
    for (const field of ['startupProbe', 'readinessProbe', 'livenessProbe', 'lifecycle', 'ports', 'command']) {
      expect(container[field]).toBeUndefined();
    }
  });

  it('is the same Job as long as it does the same, and another one otherwise: a Job never changes', () => {
    expect(run().metadata.name).toMatch(/^migration-[0-9a-f]{10}$/);
    expect(run()).toEqual(run());
    const other = IMAGE.replace(/.$/, 'b');
    const names = [
      run(), run({ image: other }), run({ args: ['other'] }), run({ environment: { A: '1' } }), run({ priority: PriorityLevel.PAYMENTS }),
      run({ deadline: Duration.minutes(5) }), run({ retries: 0 }), run({ revision: '2' }),
    ].map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a name that does not hang on what tokens were given before: what they stand for is told by the revision', () => {
    const named = (revision: string) => run({ image: Token.asString({ Ref: 'Image' }), revision }).metadata.name;
    expect(named('1')).toBe(named('1'));
    expect(named('1')).not.toBe(named('2'));
  });

  it.each<[Partial<TaskRunProps>, string]>([
    [{ name: 'Migration' }, '`name` must be lower-case letters'],
    [{ name: 'm'.repeat(43) }, '`name` must be lower-case letters'],
    [{ retries: -1 }, '`retries` must be between 0 and Infinity, got: -1'],
    [{ deadline: Duration.seconds(1) }, '`deadline` must be'],
    [{ image: 'example/maintenance:1' }, '`image` must end with a digest'],
  ])('is refused with %j', (props, message) => {
    expect(() => run(props)).toThrow(message);
  });
});

describe('a task that runs again and again', () => {
  it('never runs twice at once, waits for its next time when it is late, and keeps what its last runs said', () => {
    expect(at(schedule(), 'spec')).toMatchObject({
      schedule: '7 3 * * *', timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 600, successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 2,
    });
    const job = at(schedule(), 'spec.jobTemplate.spec');
    expect(job).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 540, template: { spec: { restartPolicy: 'Never' } } });
    expect(job).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  it.each(['hourly', '@daily', '7 3 * *', '7 3 * * * *'])('is refused with the schedule %s', (text) => {
    expect(() => schedule({ schedule: text })).toThrow(`\`schedule\` must be five fields of cron, such as 7 * * * *, got: ${text}`);
  });
});

describe('pods that answer gRPC', () => {
  const objects = manifests((scope) => void new StatelessPods(scope, 'Api', { name: 'payment-api', workload: WORKLOAD, image: IMAGE, grpcPort: 9090 }));

  it('are found one by one: a connection stays with one of them', () => {
    expect(at(only(objects, 'Deployment'), `${POD}.containers.0.ports`)).toEqual([
      { name: 'http', containerPort: 8080, protocol: 'TCP' }, { name: 'grpc', containerPort: 9090, protocol: 'TCP' },
    ]);
    expect(at(only(objects, 'Service', 'payment-api-grpc'), 'spec')).toEqual({
      clusterIP: 'None',
      selector: { 'app.kubernetes.io/name': 'payment-api' },
      ports: [{ name: 'grpc', port: 9090, targetPort: 9090, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
    });
    expect(at(only(objects, 'Service', 'payment-api'), 'spec.ports.0.targetPort')).toBe(8080);
  });

  it('have a port of its own for it', () => {
    expect(() => manifests((scope) => void new StatelessPods(scope, 'Api', { name: 'a', workload: WORKLOAD, image: IMAGE, grpcPort: 8080 })))
      .toThrow('`grpcPort` must be another one than `containerPort`, got: 8080');
  });
});
