import { Duration, Lazy } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StatelessTierSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireBetween, requirePattern } from '../validation';
import type { StatelessTierProps } from './stateless-tier-props';
import type { TierSidecar } from './tier-sidecar';

/** User and group of a container where nobody says otherwise. */
const NOBODY = '1000:1000';
/** Name of the tier's own container. */
const OWN = 'api';
const HEAP_OPTION = '--max-old-space-size';

/** Properties of `TierTask`. */
export interface TierTaskProps {
  readonly tier: StatelessTierProps;
  readonly sizing: StatelessTierSizing;
  readonly containerPort: number;
  readonly drainTime: Duration;
  readonly logGroup: logs.ILogGroup;
  /** Whether the tasks run on instances, not on Fargate. */
  readonly onInstances: boolean;
}

/** The task of a tier: its own container, hardened and tuned for many connections, and sidecars. */
export class TierTask extends Construct {
  /** The task. */
  readonly definition: ecs.TaskDefinition;
  /** The tier's own container. */
  readonly container: ecs.ContainerDefinition;

  private readonly sidecars: TierSidecar[] = [];

  constructor(scope: Construct, id: string, private readonly props: TierTaskProps) {
    super(scope, id);
    requireBetween('heapShare', props.tier.heapShare, 0, 1);
    this.definition = this.createDefinition();
    this.container = this.createContainer();
    this.node.addValidation({ validate: () => this.tooLargeSidecars() });
  }

  /**
   * Adds a container to the task. It starts before the tier's own and stops after it, so that nothing of that is missed.
   *
   * @throws Error for a name that is taken.
   */
  addSidecar(sidecar: TierSidecar): ecs.ContainerDefinition {
    requirePattern('name', sidecar.name, /^(?!api$)[A-Za-z0-9_-]+$/, 'letters, digits, `-` and `_`, and not `api`');
    if (this.sidecars.some(({ name }) => name === sidecar.name)) {
      throw new Error(`\`name\` must differ from those of the other sidecars, got: ${sidecar.name} twice`);
    }
    requirePattern('user', sidecar.user, /^[1-9]\d*(:[1-9]\d*)?$/, 'a user and group in numbers, not root');
    this.sidecars.push(sidecar);
    const container = this.definition.addContainer(sidecar.name, {
      image: sidecar.image,
      command: sidecar.command,
      cpu: sidecar.cpu,
      memoryLimitMiB: sidecar.memory.toMebibytes(),
      environment: { ...sidecar.environment },
      essential: sidecar.essential ?? false,
      user: sidecar.user ?? NOBODY,
      readonlyRootFilesystem: true,
      linuxParameters: this.withoutCapabilities(`${sidecar.name}LinuxParameters`),
      stopTimeout: this.stopTimeout,
      logging: this.logging(sidecar.name),
      ...sidecar.containerOptions,
    });
    this.container.addContainerDependencies({ container, condition: ecs.ContainerDependencyCondition.START });
    return container;
  }

  private createDefinition(): ecs.TaskDefinition {
    const { onInstances, sizing, tier } = this.props;
    const { cpu = sizing.cpu, memoryLimitMiB = sizing.memory.toMebibytes(), ...given } = tier.taskDefinitionProps ?? {};
    return onInstances
      ? new ecs.TaskDefinition(this, 'Definition', {
        compatibility: ecs.Compatibility.EC2,
        networkMode: ecs.NetworkMode.AWS_VPC,
        cpu: String(cpu),
        memoryMiB: String(memoryLimitMiB),
        ...given,
        // Instances say by themselves what they are.
        runtimePlatform: undefined,
      })
      : new ecs.FargateTaskDefinition(this, 'Definition', {
        cpu,
        memoryLimitMiB,
        runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
        ...given,
      });
  }

  private createContainer(): ecs.ContainerDefinition {
    const { containerPort, tier } = this.props;
    return this.definition.addContainer(OWN, {
      image: tier.image,
      environment: this.environment(),
      portMappings: [{ containerPort, name: 'http' }],
      user: tier.user ?? NOBODY,
      readonlyRootFilesystem: true,
      linuxParameters: this.withoutCapabilities('LinuxParameters'),
      ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: LIMITS.task.openFiles, hardLimit: LIMITS.task.openFiles }],
      systemControls: tier.systemControls ?? defaultSystemControls(),
      stopTimeout: this.stopTimeout,
      logging: this.logging(OWN),
    });
  }

  /** What was given, and how much of the memory Node.js may use for its heap, unless that was given too. */
  private environment(): { [name: string]: string } {
    const { environment = {}, heapShare = DEFAULTS.tier.heapShare } = this.props.tier;
    const given = environment.NODE_OPTIONS ?? '';
    if (heapShare === 0 || given.includes(HEAP_OPTION)) {
      return { ...environment };
    }
    // Sidecars may still come.
    const heap = Lazy.string({ produce: () => [given, `${HEAP_OPTION}=${Math.floor(heapShare * this.ownMemory())}`].filter(Boolean).join(' ') });
    return { ...environment, NODE_OPTIONS: heap };
  }

  /** Memory of the task that sidecars leave, in MiB. */
  private ownMemory(): number {
    return this.taskMemory - this.sidecarMemory();
  }

  private sidecarMemory(): number {
    return this.sidecars.reduce((sum, { memory }) => sum + memory.toMebibytes(), 0);
  }

  private get taskMemory(): number {
    return this.props.tier.taskDefinitionProps?.memoryLimitMiB ?? this.props.sizing.memory.toMebibytes();
  }

  private tooLargeSidecars(): string[] {
    const most = Math.floor(this.taskMemory * DEFAULTS.tier.sidecarShare);
    const taken = this.sidecarMemory();
    return taken <= most ? [] : [`\`sidecars\` must take at most ${most} MiB of memory together, got: ${taken}`];
  }

  private withoutCapabilities(id: string): ecs.LinuxParameters {
    const parameters = new ecs.LinuxParameters(this, id, { initProcessEnabled: true });
    parameters.dropCapabilities(ecs.Capability.ALL);
    return parameters;
  }

  private logging(streamPrefix: string): ecs.LogDriver {
    return ecs.LogDrivers.awsLogs({ logGroup: this.props.logGroup, streamPrefix, mode: ecs.AwsLogDriverMode.NON_BLOCKING });
  }

  /** Longer than draining, but no longer than ECS waits; of the two minutes' notice of Spot it is a part. */
  private get stopTimeout(): Duration {
    const wanted = this.props.drainTime.plus(DEFAULTS.tier.stopReserve);
    return wanted.toSeconds() > LIMITS.task.stopTimeout.toSeconds() ? LIMITS.task.stopTimeout : wanted;
  }
}

/** For many connections at once: room for those that wait to be accepted, and an end to those whose other side is gone. */
function defaultSystemControls(): ecs.SystemControl[] {
  const { acceptBacklog, keepAliveInterval, keepAliveProbes, keepAliveTime } = DEFAULTS.tier;
  return [
    { namespace: 'net.core.somaxconn', value: String(acceptBacklog) },
    { namespace: 'net.ipv4.tcp_keepalive_time', value: String(keepAliveTime.toSeconds()) },
    { namespace: 'net.ipv4.tcp_keepalive_intvl', value: String(keepAliveInterval.toSeconds()) },
    { namespace: 'net.ipv4.tcp_keepalive_probes', value: String(keepAliveProbes) },
  ];
}
