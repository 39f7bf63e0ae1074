import { Size, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import { requireBetween, requireIntegerBetween, requirePattern } from '../validation';
import { COLLECTOR_ADDRESS, collectorConfiguration } from './collector-configuration';
import { collectorImage } from './collector-image';
import type { TelemetryCollectorProps } from './telemetry-collector-props';

const NAME = 'collector';
const MILLION = 1_000_000;
const PERCENT = 100;
/** What writing traces takes. None of these actions names a resource. */
const WRITE_SEGMENTS = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
const WRITE_SPANS = ['xray:PutSpans'];

/**
 * Takes part in traces: gives each task of a tier a collector that keeps what failed, what was slow and a share of the rest, and lets functions
 * judge by the same rule by themselves.
 */
export class TelemetryCollector extends Construct {
  /** Of traces that neither failed nor were slow, this share is kept. Percent. */
  readonly keepPercent: number;
  /** The containers of the tiers, in the order in which they were added. */
  readonly containers: readonly ecs.ContainerDefinition[] = [];

  constructor(scope: Construct, id: string, private readonly props: TelemetryCollectorProps) {
    super(scope, id);
    requireIntegerBetween('keepPercent', props.keepPercent, 0, PERCENT);
    requireIntegerBetween('rootsPerMillion', props.rootsPerMillion, 0, MILLION);
    requirePattern('endpoint', props.endpoint, /^https:\/\/[^\s?#@]+$/, 'an https address');
    requireBetween('memory', props.memory?.toMebibytes(), 1, Number.MAX_SAFE_INTEGER);
    this.keepPercent = props.keepPercent ?? DEFAULTS.tracing.keepPercent;
  }

  /**
   * Puts a collector beside each task of a tier, lets it write traces, and tells the tier's container where it listens.
   *
   * @param serviceName what the tier is called in traces
   * @throws Error for a tier that has one.
   */
  addTo(tier: StatelessTier, serviceName: string): ecs.ContainerDefinition {
    requireServiceName(serviceName);
    const memory = this.props.memory ?? DEFAULTS.tracing.collectorMemory;
    const container = tier.addSidecar({
      name: NAME,
      image: this.props.image ?? copiedImage(),
      memory: Size.mebibytes(memory.toMebibytes()),
      command: ['--config=env:COLLECTOR_CONFIGURATION'],
      environment: { COLLECTOR_CONFIGURATION: this.props.configuration ?? this.configurationFor(memory) },
      // Payments go on without it.
      essential: false,
    });
    tier.container.addEnvironment('OTEL_EXPORTER_OTLP_ENDPOINT', `http://${COLLECTOR_ADDRESS}`);
    tier.container.addEnvironment('OTEL_SERVICE_NAME', serviceName);
    tier.container.addEnvironment('TRACE_ROOTS_PER_MILLION', String(this.props.rootsPerMillion ?? 0));
    if (this.props.endpoint === undefined) {
      this.grant(tier, WRITE_SEGMENTS);
    }
    (this.containers as ecs.ContainerDefinition[]).push(container);
    return container;
  }

  /**
   * Lets a payment worker end the traces that come with its records. No collector runs beside a function: it judges by the same rule by itself,
   * and sends to the OTLP endpoint of AWS X-Ray, which takes spans only once Transaction Search is switched on for the account; or to `endpoint`.
   *
   * @param serviceName what the worker is called in traces
   */
  addToFunction(fn: lambda.Function, serviceName: string): void {
    requireServiceName(serviceName);
    const { region, urlSuffix } = Stack.of(this);
    fn.addEnvironment('OTEL_EXPORTER_OTLP_ENDPOINT', this.props.endpoint ?? `https://xray.${region}.${urlSuffix}`);
    fn.addEnvironment('OTEL_SERVICE_NAME', serviceName);
    fn.addEnvironment('TRACE_SLOW_MILLISECONDS', String(this.props.workload.latencyTarget.settle.milliseconds));
    fn.addEnvironment('TRACE_KEEP_PERCENT', String(this.keepPercent));
    if (this.props.endpoint === undefined) {
      this.grant(fn, WRITE_SPANS);
    }
  }

  private configurationFor(memory: Size): string {
    return collectorConfiguration({
      slowMilliseconds: this.props.workload.latencyTarget.accept.milliseconds,
      keepPercent: this.keepPercent,
      memory: memory.toMebibytes(),
      endpoint: this.props.endpoint,
      region: Stack.of(this).region,
    });
  }

  private grant(grantee: iam.IGrantable, actions: string[]): void {
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: ['*'] });
  }
}

function copiedImage(): ecs.ContainerImage {
  const { directory, ...options } = collectorImage();
  return ecs.ContainerImage.fromAsset(directory!, options);
}

function requireServiceName(name: string): void {
  requirePattern('serviceName', name, /^[A-Za-z][A-Za-z0-9._-]*$/, 'letters, digits, `.`, `_` and `-`, starting with a letter');
}
