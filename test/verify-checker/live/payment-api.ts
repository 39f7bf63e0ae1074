import { portsFromEnvironment } from '../../../lambdas/payment-api/configuration';
import { EventLog } from '../../../lambdas/payment-api/event-log';
import { createPaymentApi } from '../../../lambdas/payment-api/server';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import type { Defect } from '../planted/defect';

/** A task of the payment API, with a defect. It listens until it is asked to stop. */
export function start(defect: Defect): object {
  listen(defect).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
  return {};
}

async function listen(defect: Defect): Promise<void> {
  const environment = new Environment();
  const log = new EventLog();
  const ports = await portsFromEnvironment(environment, log.error);
  const api = createPaymentApi({ ...ports, stream: defect.paymentStream?.(ports.stream) ?? ports.stream });
  process.once('SIGTERM', () => {
    void api.drain().then(() => process.exit(0));
  });
  // The runner waits for this line.
  log.event('listening', { port: await api.listen(environment.integer('PORT', { default: 8_080 })) });
}
