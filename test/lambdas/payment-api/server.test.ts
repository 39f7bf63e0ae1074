import { ApiClient, payment } from './api-client';

let client: ApiClient;
beforeEach(async () => { client = await new ApiClient().start(); });
afterEach(() => client.stop());

describe('routes', () => {
  it.each([
    ['GET', '/'], ['GET', '/payment'], ['POST', '/payments/'], ['POST', '/payments:batches'], ['GET', '/merchants/m-1'], ['GET', '/merchants/m-1/payments'],
    ['GET', '/merchants/m-1/payments/a/b'], ['DELETE', '/other'], ['GET', '/%2e%2e/healthz'],
  ])('answers 404 to %s %s', async (method, path) => {
    const reply = await client.send(method, path);
    expect([reply.status, reply.headers['content-type'], reply.json.title]).toEqual([404, 'application/problem+json', 'Not Found']);
  });

  it.each([
    ['GET', '/payments', 'POST'], ['PUT', '/payments', 'POST'], ['GET', '/payments:batch', 'POST'], ['OPTIONS', '/payments', 'POST'],
    ['POST', '/merchants/m-1/payments/k-1', 'GET, HEAD'], ['DELETE', '/merchants/m-1/payments/k-1', 'GET, HEAD'], ['PATCH', '/merchants/m-1/balance', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'], ['POST', '/readyz', 'GET, HEAD'],
  ])('answers 405 to %s %s', async (method, path, allow) => {
    const reply = await client.send(method, path);
    expect([reply.status, reply.headers.allow, reply.headers['content-type']]).toEqual([405, allow, 'application/problem+json']);
  });

  it('finds a path that a client encoded more than needed', async () => {
    expect((await client.send('POST', '/payments%3Abatch', JSON.stringify({ payments: [payment()] }))).status).toBe(200);
  });

  it('answers HEAD without a body', async () => {
    const reply = await client.send('HEAD', '/merchants/m-1/balance?currency=EUR');
    expect([reply.status, reply.text, reply.headers['content-length']]).toEqual([200, '', '24']);
  });

  it('answers to probes', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const reply = await client.get(path);
      expect([reply.status, reply.json]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('serves many requests on one connection', async () => {
    const replies = await Promise.all(Array.from({ length: 200 }, () => client.post(payment())));
    expect(replies.every(({ status }) => status === 202)).toBe(true);
    const receipts = new Set(replies.map(({ json }) => json.receipt));
    expect(receipts.size).toBe(200);
  });

  it('survives an authenticator that fails', async () => {
    await client.stop();
    const failure = new Error('no keys');
    client = await new ApiClient({}, () => { throw failure; }).start();
    expect((await client.post(payment())).status).toBe(500);
    expect(client.errors).toEqual([failure]);
    expect((await client.get('/healthz')).status).toBe(200);
  });
});

describe('drain', () => {
  it('answers what is under way, then drains the stream, then has nothing open', async () => {
    client.stream.isHeld = true;
    const replies = [client.post(payment()), client.postBatch([payment(), payment()])];
    while (client.stream.heldPayments < 3) {
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    let drained = false;
    const drain = client.api.drain().then(() => { drained = true; });
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect([drained, client.stream.isDrained]).toEqual([false, false]);
    await expect(client.get('/healthz')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
    client.stream.release();
    const [one, batch] = await Promise.all(replies);
    expect([one.status, batch.status, one.headers.connection, batch.headers.connection]).toEqual([202, 200, 'close', 'close']);
    await drain;
    expect(client.stream.isDrained).toBe(true);
    expect(client.stream.durable).toHaveLength(3);
  });

  it('says that it is not ready while it still takes connections', async () => {
    // Long enough for the three calls on a machine that does other things too.
    const drain = client.api.drain(2_000);
    const reply = await client.get('/readyz');
    expect([reply.status, reply.headers['retry-after'], reply.headers['content-type']]).toEqual([503, '1', 'application/problem+json']);
    expect((await client.get('/healthz')).status).toBe(200);
    expect((await client.post(payment())).status).toBe(202);
    await drain;
  });
});
