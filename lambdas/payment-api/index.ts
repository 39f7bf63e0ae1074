import { Environment } from '../runtime/configuration/environment';
import { portsFromEnvironment } from './configuration';
import { EventLog } from './event-log';
import { createPaymentApi } from './server';

/** Time to stop in order, in milliseconds. Container platforms kill a process 30 seconds after they asked it to stop. */
const DRAIN_MILLISECONDS = 25_000;

const log = new EventLog();

async function main(): Promise<void> {
  const environment = new Environment();
  const api = createPaymentApi(await portsFromEnvironment(environment, log.error));

  // Behind a load balancer that goes by /readyz; the platform takes the others out of service before it asks them to stop.
  const noticeMilliseconds = environment.integer('DRAIN_NOTICE_MILLISECONDS', { default: 0, maximum: DRAIN_MILLISECONDS });

  const stop = async (signal: string): Promise<void> => {
    setTimeout(() => {
      log.event('stopped', { signal, drained: 'no' });
      process.exit(1);
    }, DRAIN_MILLISECONDS).unref();
    await api.drain(noticeMilliseconds);
    log.event('stopped', { signal, drained: 'yes' });
    process.exit(0);
  };
  // A second signal finds no handler and ends the process at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => { stop(signal).catch(fail); });
  }

  const port = await api.listen(environment.integer('PORT', { default: 8_080, maximum: 65_535 }));
  const grpcPort = environment.optionalText('GRPC_PORT') === undefined ? undefined : await api.listenGrpc(
    environment.integer('GRPC_PORT', { maximum: 65_535 }),
    { connectionSeconds: environment.integer('GRPC_CONNECTION_SECONDS', { default: 300, minimum: 1, maximum: 86_400 }) },
  );
  const metricsPort = environment.optionalText('METRICS_PORT') === undefined
    ? undefined : await api.listenMetrics(environment.integer('METRICS_PORT', { maximum: 65_535 }));
  log.event('listening', { port, ...(grpcPort !== undefined && { grpcPort }), ...(metricsPort !== undefined && { metricsPort }) });
}

/** Ends the process with the reason on the error stream. What stops a start is configuration, never a payment. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exitCode = 1;
  setImmediate(() => process.exit());
}

main().catch(fail);
