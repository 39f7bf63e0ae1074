import { MetricRegistry } from '../../../lambdas/runtime/observability/metric-registry';
import { EXPOSITION_CONTENT_TYPE } from '../../../lambdas/runtime/observability/prometheus-text';
import { RequestMetrics } from '../../../lambdas/payment-api/request-metrics';
import { type ReadSample, readExposition } from '../runtime/observability/support/exposition-parser';
import { ApiClient, payment } from './api-client';
import { message, PlainClient } from './grpc-client';

describe('the metrics of the API', () => {
  const client = new ApiClient({ registry: new MetricRegistry() });
  let origin: string;

  beforeAll(async () => {
    await client.start();
    origin = `http://127.0.0.1:${await client.api.listenMetrics(0, '127.0.0.1')}`;
  });
  afterAll(() => client.stop());

  const samples = async (family: string): Promise<ReadSample[]> => {
    const answer = await fetch(`${origin}/metrics`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, EXPOSITION_CONTENT_TYPE]);
    return readExposition(await answer.text()).get(family)!.samples;
  };
  const counted = async (): Promise<Record<string, number>> => Object.fromEntries((await samples('http_requests_total'))
    .filter(({ value }) => value > 0).map(({ labels: { route, status }, value }) => [`${route} ${status}`, value]));

  it('count requests by route and status, those for nothing, and none of probes', async () => {
    expect(await counted()).toEqual({});
    await client.post(payment({ idempotencyKey: 'k1' }));
    await client.post(payment({ idempotencyKey: 'k2' }));
    await client.post({});
    await client.postBatch([payment({ idempotencyKey: 'k3' })]);
    await client.get('/merchants/m-1/payments/none');
    await client.get('/nothing');
    await client.send('DELETE', '/payments');
    await client.get('/readyz');
    expect(await counted()).toEqual({
      'POST /payments 2xx': 2, 'POST /payments 4xx': 1, 'POST /payments:batch 2xx': 1,
      'GET /merchants/{merchantId}/payments/{idempotencyKey} 4xx': 1, 'none 4xx': 2,
    });
  });

  it('count what failed for a reason of the server', async () => {
    client.storeError = new Error('down');
    await client.get('/merchants/m-1/balance?currency=EUR');
    client.storeError = undefined;
    expect(await counted()).toMatchObject({ 'GET /merchants/{merchantId}/balance 5xx': 1 });
  });

  it('tell how long every request took, and how many are under way', async () => {
    const durations = await samples('http_request_duration_seconds');
    expect(durations.find(({ labels: { route }, name }) => route === 'POST /payments' && name.endsWith('_count'))!.value).toBe(3);
    expect((await samples('http_requests_in_flight'))[0].value).toBe(0);
    client.stream.isHeld = true;
    const held = client.post(payment({ idempotencyKey: 'k9' }));
    while (client.stream.heldPayments === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await samples('http_requests_in_flight'))[0].value).toBe(1);
    client.stream.release();
    await held;
    expect((await samples('http_requests_in_flight'))[0].value).toBe(0);
  });

  it('count calls of gRPC with them', async () => {
    const grpc = new PlainClient(await client.api.listenGrpc(0, { host: '127.0.0.1' }));
    await grpc.accept([message()]);
    await grpc.accept([]);
    grpc.close();
    const route = 'payment.v1.PaymentIntake/Accept';
    expect(await counted()).toMatchObject({ [`${route} 2xx`]: 1, [`${route} 4xx`]: 1 });
    expect((await samples('http_requests_in_flight'))[0].value).toBe(0);
  });

  it('are on a port of their own', async () => {
    expect((await client.get('/metrics')).status).toBe(404);
  });

  it('need something to show', async () => {
    await expect(new ApiClient().api.listenMetrics(0)).rejects.toThrow('`registry` must be among the ports');
  });
});

describe('the time of a request', () => {
  it('is in seconds, from its begin to its end', () => {
    const registry = new MetricRegistry();
    let now = 1_000;
    const route = new RequestMetrics(registry, () => now).route('POST /payments');
    const since = route.begin();
    now += 30;
    route.end(since, 202);
    const { samples } = readExposition(registry.expose()).get('http_request_duration_seconds')!;
    expect(samples.find(({ labels: { le } }) => le === '0.025')!.value).toBe(0);
    expect(samples.find(({ labels: { le } }) => le === '0.05')!.value).toBe(1);
    expect(samples.find(({ name }) => name.endsWith('_sum'))!.value).toBeCloseTo(0.03);
  });
});
