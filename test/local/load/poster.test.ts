import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../../../local/load/api-client';
import type { Outcome } from '../../../local/load/outcome';
import type { ClientEntry } from '../../../local/load/client-movement';
import { type ClientPayment, PaymentMix } from '../../../local/load/payment-mix';
import { Poster } from '../../../local/load/poster';
import { SeededRandom } from '../../../local/random/seeded-random';

type Answer = (response: http.ServerResponse, url: string, body: string) => void;

describe('a client of the API', () => {
  let server: http.Server;
  let client: ApiClient;
  let outcomes: Outcome[];
  let answer: Answer;
  let bodies: string[];

  beforeEach(async () => {
    outcomes = [];
    bodies = [];
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        answer(response, request.url!, bodies.at(-1)!);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new ApiClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, undefined);
  });
  afterEach(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });

  const some = (count: number): ClientPayment[] => {
    const mix = new PaymentMix(new SeededRandom(1), 's1');
    const payments: ClientPayment[] = [];
    while (payments.length < count) {
      payments.push(...mix.nextRequest());
    }
    return payments.slice(0, count);
  };
  const post = (payments: readonly ClientEntry[], scheduledAt = Date.now()) =>
    new Poster([client], { send: (outcome) => void outcomes.push(outcome) }).post(payments, scheduledAt);
  const status = (code: number, headers: http.OutgoingHttpHeaders = {}): Answer => (response) => void response.writeHead(code, headers).end('{}');

  it('posts one payment alone and more as a batch, and tells each by its own status', async () => {
    const payments = some(4);
    answer = (response, url) => {
      const statuses = url === '/payments' ? undefined : [202, 400, 503, 429];
      response.writeHead(statuses ? 200 : 202).end(JSON.stringify({ items: statuses?.map((code) => ({ status: code })) }));
    };
    expect(await post(payments)).toMatchObject({ acknowledged: [payments[0]], repeatable: [payments[2], payments[3]] });
    expect(await post([payments[1]])).toMatchObject({ acknowledged: [payments[1]], repeatable: [] });
    expect(outcomes.map((outcome) => outcome.status)).toEqual([202, 400, 503, 429, 202]);
    expect(outcomes.every(({ late }) => !late)).toBe(true);
  });

  it.each([[429, 4, 4], [503, 4, 4], [500, 1, 1], [400, 4, 0], [409, 1, 0]])('given %i for a request of %i, would send %i again', async (code, count, repeatable) => {
    answer = status(code, { 'retry-after': '2' });
    const posted = await post(some(count));
    expect(posted.acknowledged).toEqual([]);
    expect(posted.repeatable).toHaveLength(repeatable);
    expect(posted.retryAfterSeconds).toBe(2);
  });

  it('posts movements to the routes of their merchant, and tells what they are', async () => {
    const urls: string[] = [];
    answer = (response, url) => {
      urls.push(url);
      response.writeHead(202).end('{}');
    };
    const common = { merchantId: 'm/1', amount: 5, currency: 'EUR' };
    await post([{ ...common, idempotencyKey: 'h', type: 'hold', reason: 'review' }]);
    await post([{ ...common, idempotencyKey: 'e', type: 'release', holdOf: 'h' }]);
    expect(await post([{ ...common, idempotencyKey: 'p', type: 'payout' }])).toMatchObject({ acknowledged: [{ idempotencyKey: 'p' }], repeatable: [] });
    expect(urls).toEqual(['/merchants/m%2F1/holds', '/merchants/m%2F1/releases', '/merchants/m%2F1/payouts']);
    expect(bodies.map((body) => JSON.parse(body) as object)).toEqual([
      { idempotencyKey: 'h', amount: 5, currency: 'EUR', reason: 'review' },
      { idempotencyKey: 'e', amount: 5, currency: 'EUR', holdOf: 'h' },
      { idempotencyKey: 'p', amount: 5, currency: 'EUR' },
    ]);
    expect(outcomes.map(({ payment, movement, payout }) => ({ payment, movement, payout }))).toEqual([
      { movement: { ...common, idempotencyKey: 'h', type: 'hold', reason: 'review' } },
      { movement: { ...common, idempotencyKey: 'e', type: 'release', holdOf: 'h' } },
      { payout: { ...common, idempotencyKey: 'p' } },
    ]);
  });

  it('sends a payment the second time as the first time', async () => {
    answer = status(503);
    const { repeatable } = await post(some(1));
    await post(repeatable);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('takes a connection that breaks before, during or instead of an answer for no answer', async () => {
    const payments = some(2);
    answer = (response) => response.destroy();
    expect(await post(payments)).toMatchObject({ acknowledged: [], repeatable: payments });
    answer = (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"items":[', () => response.destroy());
    };
    expect(await post(payments)).toMatchObject({ acknowledged: [], repeatable: payments });
    answer = status(202);
    expect(await post([payments[0]])).toMatchObject({ acknowledged: [payments[0]] });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await post(payments)).toMatchObject({ acknowledged: [], repeatable: payments });
    expect(outcomes.map((outcome) => outcome.status)).toEqual([0, 0, 0, 0, 202, 0, 0]);
  });

  it('says of a payment that left too long after it was due that it is late', async () => {
    answer = status(202);
    await post(some(1), Date.now() - 5_000);
    expect(outcomes[0]).toMatchObject({ status: 202, late: true });
  });
});
