import { type Duration, type Size, Token } from 'aws-cdk-lib';
import { namesItsContent } from '../../lib/topology/image-name';
import { DEFAULTS } from '../defaults';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';
import type { PriorityLevel } from './priority-ladder';
import { SPOT_TAINT } from './spot-taint';

/** A user without rights, as the images of this kit have. */
const USER = 1000;
const MILLI = 1000;
/** Deliveries of endpoints that go: every image with a shell has it. */
const PRE_STOP_COMMAND = 'sleep';

/** How a pod shows that it is there, and that it can do its work. */
export interface PodProbes {
  /** Port that is asked. */
  readonly port: number;
  /** Path that answers 200 once the pod can do its work. */
  readonly readinessPath: string;
  /** Path that answers 200 as long as the process is alive; it must not ask what the pod depends on. */
  readonly livenessPath: string;
}

/** What the one container of a pod runs. */
export interface ContainerProps {
  /** Name of the deployment or task, of its pods and of what belongs to them. */
  readonly name: string;
  /** Image, by its digest, or an image asset of the CDK. */
  readonly image: string;
  /**
   * Command of the container.
   *
   * @default - that of the image
   */
  readonly command?: readonly string[];
  /**
   * Arguments of the command.
   *
   * @default - those of the image
   */
  readonly args?: readonly string[];
  /**
   * Environment variables. None may hold a secret: a manifest is read by many.
   *
   * @default - none but the options of Node.js
   */
  readonly environment?: { readonly [name: string]: string };
  /**
   * Labels that its nodes must have.
   *
   * @default - those of an arm64 node
   */
  readonly nodeSelector?: { readonly [name: string]: string };
  /**
   * Whether its pods tolerate nodes on Spot (`NodeCapacityMix`), where there is no other room. What is taken away at two minutes' notice must be done
   * by others.
   *
   * @default false
   */
  readonly mayRunOnSpot?: boolean;
}

/** What a pod of one process is made of. */
export interface PodProps extends ContainerProps {
  readonly cpuRequest: number;
  readonly memory: Size;
  readonly priority: PriorityLevel;
  readonly serviceAccountName: string;
  readonly drainTime: Duration;
  /** None of a pod that runs to its end: nobody sends it anything, and where it failed another one is made. */
  readonly probes?: PodProbes;
  readonly port?: number;
  /** Port of gRPC, beside the other. */
  readonly grpcPort?: number;
  /** Port on which it shows what it counts, beside the others. */
  readonly metricsPort?: number;
  readonly guaranteedCpu?: boolean;
  readonly volumes?: readonly k8s.Volume[];
  readonly volumeMounts?: readonly k8s.VolumeMount[];
}

/** Labels that select the pods of a deployment. */
export function podLabels(name: string): { [name: string]: string } {
  return { 'app.kubernetes.io/name': name };
}

/**
 * Checks that an image is named by its content: a tag may be another program tomorrow. Tokens pass: the CDK names an asset by its content.
 *
 * @throws Error for another tag than that of an asset of the CDK.
 */
export function requireDigest(image: string): void {
  if (!Token.isUnresolved(image) && !namesItsContent(image)) {
    throw new Error(`\`image\` must end with a digest (@sha256: and 64 hexadecimal digits), got: ${image}; look it up with "docker buildx imagetools inspect ${image}"`);
  }
}

/**
 * A pod that the restricted standard takes, spread over zones, that finishes what it has begun. One without probes runs to its end, once.
 *
 * Requests of memory and limits are the same. There is no limit of CPU, which would make a pod wait on a node that is idle, but for pods
 * that have cores of their own (`guaranteedCpu`): those are Guaranteed with whole CPUs, as the static policy of the kubelet wants them
 * (https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/).
 */
export function podTemplate(props: PodProps): k8s.PodTemplateSpec {
  requireDigest(props.image);
  const { probes } = props;
  const labels = podLabels(props.name);
  const cpu = k8s.Quantity.fromString(`${Math.round(props.cpuRequest * MILLI)}m`);
  const memory = k8s.Quantity.fromString(`${props.memory.toMebibytes()}Mi`);
  return {
    metadata: { labels },
    spec: {
      serviceAccountName: props.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: props.priority.className,
      terminationGracePeriodSeconds: KUBERNETES.preStop.plus(props.drainTime).toSeconds(),
      ...(probes === undefined && { restartPolicy: 'Never' }),
      nodeSelector: { 'kubernetes.io/arch': 'arm64', ...props.nodeSelector },
      ...(props.mayRunOnSpot === true && { tolerations: [{ key: SPOT_TAINT, operator: 'Exists', effect: 'NoSchedule' }] }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
        sysctls: sysctls(),
      },
      // A rollout counts its own pods alone, else the old ones in a zone would keep the new ones out.
      ...(probes !== undefined && {
        topologySpreadConstraints: [
          spread(labels, 'topology.kubernetes.io/zone', 'DoNotSchedule'),
          spread(labels, 'kubernetes.io/hostname', 'ScheduleAnyway'),
        ],
      }),
      containers: [{
        name: props.name,
        image: props.image,
        imagePullPolicy: 'IfNotPresent',
        ...(props.command !== undefined && { command: [...props.command] }),
        ...(props.args !== undefined && { args: [...props.args] }),
        env: Object.entries(environmentOf(props)).map(([name, value]) => ({ name, value })),
        ...(props.port !== undefined && { ports: ports({ http: props.port, grpc: props.grpcPort, metrics: props.metricsPort }) }),
        resources: {
          requests: { cpu, memory },
          limits: props.guaranteedCpu ? { cpu, memory } : { memory },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        },
        ...(probes !== undefined && {
          lifecycle: { preStop: { exec: { command: [PRE_STOP_COMMAND, String(KUBERNETES.preStop.toSeconds())] } } },
          startupProbe: probe(probes, probes.readinessPath, startChecks()),
          readinessProbe: probe(probes, probes.readinessPath, KUBERNETES.probe.failures),
          livenessProbe: probe(probes, probes.livenessPath, KUBERNETES.probe.failures),
        }),
        ...(props.volumeMounts !== undefined && { volumeMounts: [...props.volumeMounts] }),
      }],
      ...(props.volumes !== undefined && { volumes: [...props.volumes] }),
    },
  };
}

function ports(byName: { readonly [name: string]: number | undefined }): k8s.ContainerPort[] {
  return Object.entries(byName).flatMap(([name, containerPort]) => (containerPort === undefined ? [] : [{ name, containerPort, protocol: 'TCP' }]));
}

/** The heap of Node.js gets its part of the memory, and new objects enough room to die young, unless the pod's own options say otherwise. */
function environmentOf({ environment, memory }: PodProps): { readonly [name: string]: string } {
  const heap = Math.floor(memory.toMebibytes() * DEFAULTS.tier.heapShare);
  return { NODE_OPTIONS: `--max-old-space-size=${heap} --max-semi-space-size=${KUBERNETES.semiSpace.toMebibytes()}`, ...environment };
}

/** Those that the restricted standard allows: more ports for connections out, and silent connections probed before a load balancer drops them. */
function sysctls(): k8s.Sysctl[] {
  return [
    { name: 'net.ipv4.ip_local_port_range', value: `${KUBERNETES.localPorts.first} ${KUBERNETES.localPorts.last}` },
    { name: 'net.ipv4.tcp_keepalive_time', value: String(DEFAULTS.tier.keepAliveTime.toSeconds()) },
  ];
}

function spread(labels: { [name: string]: string }, topologyKey: string, whenUnsatisfiable: string): k8s.TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable, labelSelector: { matchLabels: labels }, matchLabelKeys: ['pod-template-hash'] };
}

function probe({ port }: PodProbes, path: string, failureThreshold: number): k8s.Probe {
  return {
    httpGet: { path, port: k8s.IntOrString.fromNumber(port) },
    periodSeconds: KUBERNETES.probe.period.toSeconds(),
    timeoutSeconds: KUBERNETES.probe.timeout.toSeconds(),
    failureThreshold,
  };
}

function startChecks(): number {
  return Math.ceil(KUBERNETES.probe.start.toSeconds() / KUBERNETES.probe.period.toSeconds());
}
