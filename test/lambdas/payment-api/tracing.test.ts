import type { Span } from '../../../lambdas/runtime/observability/spans';
import { Tracer } from '../../../lambdas/runtime/observability/tracer';
import { ApiClient, payment } from './api-client';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const HEADER = { traceparent: `00-${TRACE}-${PARENT}-01` };

describe('a request whose trace is recorded', () => {
  const spans: Span[] = [];
  let client: ApiClient;

  beforeEach(async () => {
    spans.length = 0;
    client = await new ApiClient({ tracer: new Tracer({ sink: { record: (span) => { spans.push(span); } } }) }).start();
  });

  afterEach(() => client.stop());

  it('is told as it was served and put, and the record carries the place of the put', async () => {
    expect((await client.post(payment(), HEADER)).status).toBe(202);
    expect(spans.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['producer put', 'server POST /payments']);
    const [put, server] = spans;
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(put).toMatchObject({ traceId: TRACE, parentSpanId: server.spanId });
    expect(client.stream.durable.map(({ traceParent }) => traceParent)).toEqual([`00-${TRACE}-${put.spanId}-01`]);
    expect(spans.every(({ error }) => error === undefined)).toBe(true);
  });

  it('has one put for all payments of a batch', async () => {
    await client.postBatch([payment({ idempotencyKey: 'a' }), payment({ idempotencyKey: 'b' })], HEADER);
    expect(spans.map(({ name }) => name)).toEqual(['put', 'POST /payments:batch']);
    expect(new Set(client.stream.durable.map(({ traceParent }) => traceParent))).toEqual(new Set([`00-${TRACE}-${spans[0].spanId}-01`]));
  });

  it('is told to have failed when it is our fault, and only then', async () => {
    client.stream.isBroken = true;
    expect((await client.post(payment(), HEADER)).status).toBe(503);
    expect(spans.map(({ error, name }) => [name, error])).toEqual([['put', 'not stored'], ['POST /payments', 'answered 503']]);
    spans.length = 0;
    expect((await client.post(payment({ amount: 0 }), HEADER)).status).toBe(400);
    expect(spans.map(({ error, name }) => [name, error])).toEqual([['POST /payments', undefined]]);
  });

  it('is told nothing of when nobody records it, and of health', async () => {
    await client.post(payment());
    await client.post(payment({ idempotencyKey: 'b' }), { traceparent: `00-${TRACE}-${PARENT}-00` });
    await client.get('/healthz', HEADER);
    expect(spans).toEqual([]);
    expect(client.stream.durable.map(({ traceParent }) => traceParent)).toEqual([undefined, undefined]);
  });
});

describe('a request where no spans are told', () => {
  it('hands its trace on as it came', async () => {
    const client = await new ApiClient().start();
    await client.post(payment(), HEADER);
    expect(client.stream.durable.map(({ traceParent }) => traceParent)).toEqual([HEADER.traceparent]);
    await client.stop();
  });
});
