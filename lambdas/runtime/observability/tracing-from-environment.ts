import type { Environment } from '../configuration/environment';
import type { Metrics } from './metrics';
import { otlpTransport } from './otlp-transport';
import { SettlementSpans } from './settlement-spans';
import { SpanExporter } from './spans';
import { TailPolicy } from './tail-policy';
import { Tracer } from './tracer';

/** What a server needs to take part in traces. */
export interface ServerTracing {
  readonly tracer: Tracer;
  readonly exporter: SpanExporter;
}

/**
 * Spans of the requests of a server, as OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and TRACE_ROOTS_PER_MILLION describe them; nothing where
 * the first is not set. A collector beside it decides which are kept.
 */
export function serverTracingFromEnvironment(environment: Environment, serviceName: string, metrics?: Metrics): ServerTracing | undefined {
  const exporter = exporterFromEnvironment(environment, serviceName, metrics);
  return exporter && {
    exporter,
    tracer: new Tracer({ sink: exporter, rootsPerMillion: environment.integer('TRACE_ROOTS_PER_MILLION', { default: 0, maximum: 1_000_000 }) }),
  };
}

/**
 * Spans of what a worker settles, as OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_SERVICE_NAME describe them; nothing where the first is not set. With
 * TRACE_SLOW_MILLISECONDS and TRACE_KEEP_PERCENT the worker itself decides which are kept, as a collector would.
 */
export function settlementSpansFromEnvironment(
  environment: Environment, serviceName: string, metrics?: Metrics,
): { readonly spans?: SettlementSpans } {
  const exporter = exporterFromEnvironment(environment, serviceName, metrics);
  if (exporter === undefined) {
    return {};
  }
  const policy = environment.optionalText('TRACE_SLOW_MILLISECONDS') === undefined ? undefined : new TailPolicy({
    slowMilliseconds: environment.integer('TRACE_SLOW_MILLISECONDS', { minimum: 1 }),
    keepPercent: environment.integer('TRACE_KEEP_PERCENT', { default: 1, maximum: 100 }),
  });
  return { spans: new SettlementSpans({ exporter, policy }) };
}

function exporterFromEnvironment(environment: Environment, serviceName: string, metrics?: Metrics): SpanExporter | undefined {
  const endpoint = environment.optionalText('OTEL_EXPORTER_OTLP_ENDPOINT');
  return endpoint === undefined ? undefined : new SpanExporter({
    serviceName: environment.optionalText('OTEL_SERVICE_NAME') ?? serviceName,
    transport: otlpTransport({ endpoint }),
    onDropped: (spans) => metrics?.count('SpansDropped', spans),
  });
}
