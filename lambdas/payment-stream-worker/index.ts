import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { optionsFromEnvironment, portsFromEnvironment } from './configuration';
import { createPaymentStreamWorker } from './worker';

const logger = new Logger({ context: { service: 'payment-stream-worker' } });

async function main(): Promise<void> {
  const environment = new Environment();
  const worker = createPaymentStreamWorker(portsFromEnvironment(environment), optionsFromEnvironment(environment));
  // Shorter than the time after which the platform kills: `terminationGracePeriodSeconds` of its pod.
  const drainMilliseconds = environment.integer('DRAIN_MILLISECONDS', { default: 25_000, minimum: 1 });

  const stop = async (signal: string): Promise<void> => {
    setTimeout(() => {
      logger.error('stopped', { signal, drained: 'no' });
      process.exit(1);
    }, drainMilliseconds).unref();
    await worker.drain();
    logger.info('stopped', { signal, drained: 'yes' });
    process.exit(0);
  };
  // A second signal finds no handler and ends the process at once: nothing is lost, others do again what was not committed.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => { stop(signal).catch(fail); });
  }
  logger.info('listening', { port: await worker.listen(environment.integer('PORT', { default: 8_080, maximum: 65_535 })) });
}

/** Ends the process with the reason on the error stream. What stops a start is configuration, never a payment. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exitCode = 1;
  setImmediate(() => process.exit());
}

main().catch(fail);
