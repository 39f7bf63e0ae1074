import { GracefulGrpcServer, PAYMENT_INTAKE_DEFINITION, PAYMENT_INTAKE_SERVICE, PaymentIntakeClient } from '../../../lambdas/runtime';

/** In place of the payment API with `GRPC_PORT=9090`, which does this and all that makes an API of it. */
const implementation = { accept: (_call: unknown, answer: (error: null, results: object[]) => void) => answer(null, [{ outcome: 'accepted' }]) };

async function run(): Promise<unknown> {
  const server = await GracefulGrpcServer.create({
    service: PAYMENT_INTAKE_SERVICE, definition: PAYMENT_INTAKE_DEFINITION, implementation, maximumMessageBytes: 1024 * 1024,
  });
  const port = await server.listen(0, '127.0.0.1');
  // In a pod: `address: 'dns:///payment-api-grpc.payments:9090'`, and `token: () => ...`.
  const client = await PaymentIntakeClient.create({ address: `127.0.0.1:${port}`, tls: 'off' });
  const results = await client.accept([
    { merchantId: 'm-1', idempotencyKey: 'order-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1' },
  ]);
  client.close();
  await server.drain();
  return results.map(({ outcome }) => outcome);
}

export const answer = run(); // ["accepted"]
