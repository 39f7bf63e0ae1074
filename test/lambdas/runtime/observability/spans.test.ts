import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { otlpTransport, xraySignature } from '../../../../lambdas/runtime/observability/otlp-transport';
import { SettlementSpans } from '../../../../lambdas/runtime/observability/settlement-spans';
import { encodeSpans, type Span, SpanExporter } from '../../../../lambdas/runtime/observability/spans';
import { TailPolicy } from '../../../../lambdas/runtime/observability/tail-policy';
import { formatTraceParent, parseTraceParent, randomTraceIds } from '../../../../lambdas/runtime/observability/trace-context';
import { Tracer } from '../../../../lambdas/runtime/observability/tracer';
import { serverTracingFromEnvironment, settlementSpansFromEnvironment } from '../../../../lambdas/runtime/observability/tracing-from-environment';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const HEADER = `00-${TRACE}-${PARENT}-01`;

function span(changes: Partial<Span> = {}): Span {
  return { name: 'POST /payments', kind: 'server', traceId: TRACE, spanId: '1111111111111111', startMilliseconds: 1_000, endMilliseconds: 1_020, ...changes };
}

/** An exporter whose requests are kept here, and that answers when it is told to. */
function exporter(options: Partial<ConstructorParameters<typeof SpanExporter>[0]> = {}) {
  const bodies: string[] = [];
  let dropped = 0;
  const created = new SpanExporter({
    serviceName: 'api', transport: async (body) => { bodies.push(body); }, onDropped: (spans) => { dropped += spans; }, lingerMilliseconds: 5, ...options,
  });
  const names = (): string[][] => bodies.map((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans.map((it: { name: string }) => it.name));
  return { bodies, created, dropped: () => dropped, names };
}

describe('a trace context', () => {
  it('is read and written as the specification says', () => {
    expect(parseTraceParent(HEADER)).toEqual({ traceId: TRACE, spanId: PARENT, sampled: true });
    expect(parseTraceParent(`00-${TRACE}-${PARENT}-00`)?.sampled).toBe(false);
    expect(parseTraceParent(`01-${TRACE}-${PARENT}-01-more`)?.traceId).toBe(TRACE);
    expect(formatTraceParent(parseTraceParent(HEADER)!)).toBe(HEADER);
  });

  it.each([undefined, '', HEADER.toUpperCase(), `ff-${TRACE}-${PARENT}-01`, `${HEADER}-more`, `00-${'0'.repeat(32)}-${PARENT}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`])(
    'counts as absent when it is %s', (text) => {
      expect(parseTraceParent(text)).toBeUndefined();
    });

  it('is made of random bytes', () => {
    expect(randomTraceIds.traceId()).toMatch(/^[0-9a-f]{32}$/);
    expect(randomTraceIds.spanId()).toMatch(/^[0-9a-f]{16}$/);
    expect(randomTraceIds.spanId()).not.toBe(randomTraceIds.spanId());
  });
});

describe('SpanExporter', () => {
  it('writes the JSON form of the OpenTelemetry protocol', () => {
    const body = encodeSpans('payment-api', [span({
      parentSpanId: PARENT, startMilliseconds: 1_700_000_000_000.25, error: 'no', attributes: { text: 'a', whole: 5, part: 0.5, flag: true },
    })]);
    expect(JSON.parse(body)).toEqual({
      resourceSpans: [{
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'payment-api' } }] },
        scopeSpans: [{
          scope: { name: 'cdk-high-throughput' },
          spans: [{
            traceId: TRACE, spanId: '1111111111111111', parentSpanId: PARENT, name: 'POST /payments', kind: 2,
            startTimeUnixNano: '1700000000000250000', endTimeUnixNano: '1020000000', status: { code: 2, message: 'no' },
            attributes: [
              { key: 'text', value: { stringValue: 'a' } }, { key: 'whole', value: { intValue: '5' } }, { key: 'part', value: { doubleValue: 0.5 } },
              { key: 'flag', value: { boolValue: true } },
            ],
          }],
        }],
      }],
    });
  });

  it('sends what came together a moment later, in batches', async () => {
    const { created, names } = exporter({ batchSize: 2 });
    ['a', 'b', 'c'].forEach((name) => created.record(span({ name })));
    expect(names()).toEqual([]);
    await new Promise((resolve) => { setTimeout(resolve, 30); });
    expect(names()).toEqual([['a', 'b'], ['c']]);
  });

  it('drops the oldest when more come than leave, and counts them', async () => {
    const { created, dropped, names } = exporter({ capacity: 2 });
    ['a', 'b', 'c', 'd'].forEach((name) => created.record(span({ name })));
    await created.flush();
    expect(names()).toEqual([['c', 'd']]);
    expect(dropped()).toBe(2);
  });

  it('drops what was not taken, keeps what came meanwhile, and never throws', async () => {
    let fail = true;
    const taken: string[] = [];
    const { created, dropped } = exporter({
      batchSize: 1, lingerMilliseconds: 60_000, transport: async (body) => {
        if (fail) {
          throw new Error('refused');
        }
        taken.push(body);
      },
    });
    created.record(span({ name: 'a' }));
    created.record(span({ name: 'b' }));
    await created.flush();
    expect(dropped()).toBe(1);
    fail = false;
    await created.flush();
    expect(taken).toHaveLength(1);
    await created.close(1_000);
  });

  it('has one request under way at a time', async () => {
    let under = 0;
    let most = 0;
    const { created } = exporter({ batchSize: 1, transport: async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => { setTimeout(resolve, 2); });
      under--;
    } });
    created.record(span());
    created.record(span());
    await Promise.all([created.flush(), created.flush()]);
    expect(most).toBe(1);
  });

  it('keeps no process waiting for an endpoint that does not answer', async () => {
    const { created } = exporter({ transport: () => new Promise(() => undefined) });
    created.record(span());
    const start = Date.now();
    await created.close(20);
    expect(Date.now() - start).toBeLessThan(2_000);
  });
});

describe('Tracer', () => {
  const spans: Span[] = [];
  const sink = { record: (it: Span) => { spans.push(it); } };
  let time = 0;
  let next = 0;
  const ids = { traceId: () => 'f'.repeat(32), spanId: () => String(++next).padStart(16, '0') };
  const tracer = (rootsPerMillion = 0, random = () => 0.5) => new Tracer({ sink, rootsPerMillion, random, now: () => time, ids });

  beforeEach(() => {
    spans.length = 0;
    next = 0;
  });

  it('makes nothing of a request whose trace nobody records', () => {
    expect(tracer().serve('GET /', undefined)).toBeUndefined();
    expect(tracer().serve('GET /', 'nonsense')).toBeUndefined();
    expect(tracer().serve('GET /', `00-${TRACE}-${PARENT}-00`)).toBeUndefined();
    expect(tracer(999_999).serve('GET /', `00-${TRACE}-${PARENT}-00`)).toBeUndefined();
  });

  it('goes on with the trace of the request, and hands it on', () => {
    time = 100;
    const server = tracer().serve('POST /payments', HEADER)!;
    const put = server.child('put', 'producer');
    expect(put.traceParent).toBe(`00-${TRACE}-0000000000000002-01`);
    time = 110;
    put.end();
    time = 115;
    server.describe({ 'http.response.status_code': 202 });
    server.end();
    server.end('too late');
    expect(spans).toEqual([
      {
        name: 'put', kind: 'producer', traceId: TRACE, spanId: '0000000000000002', parentSpanId: '0000000000000001', startMilliseconds: 100,
        endMilliseconds: 110,
        attributes: {},
      },
      {
        name: 'POST /payments', kind: 'server', traceId: TRACE, spanId: '0000000000000001', parentSpanId: PARENT, startMilliseconds: 100, endMilliseconds: 115,
        attributes: { 'http.response.status_code': 202 },
      },
    ]);
  });

  it('begins a trace for so many requests without one as it is told to', () => {
    expect(tracer(500_000, () => 0.6).serve('GET /', undefined)).toBeUndefined();
    tracer(500_000, () => 0.4).serve('GET /', undefined)!.end('failed');
    expect(spans).toMatchObject([{ traceId: 'f'.repeat(32), error: 'failed' }]);
    expect(spans[0].parentSpanId).toBeUndefined();
  });
});

describe('TailPolicy', () => {
  const policy = new TailPolicy({ slowMilliseconds: 200, keepPercent: 1 });
  // Hashed by another program: FNV-1a of the collector's salt and the trace, below and above a hundredth of 2^64.
  const chosen = ['8e65e4cfd0a410daff11dc91b6a3ce92', '25ef2114ba6e736ceed4b1f0e9c3deee', '7afb6462db8ae02101569570cc2534b4'];
  const others = ['cd613e30d8f16adf91b7584a2265b1f5', '1e2feb89414c343c1027c4d1c386bbc4', '78e510617311d8a3c2ce6f447ed4d57b'];

  it('keeps the same share of traces as a collector', () => {
    expect(chosen.map((it) => policy.isChosen(it))).toEqual([true, true, true]);
    expect(others.map((it) => policy.isChosen(it))).toEqual([false, false, false]);
    const tenth = new TailPolicy({ slowMilliseconds: 1, keepPercent: 10 });
    const kept = Array.from({ length: 20_000 }, () => randomTraceIds.traceId()).filter((it) => tenth.isChosen(it));
    expect(kept.length).toBeGreaterThan(1_700);
    expect(kept.length).toBeLessThan(2_300);
  });

  it('keeps what failed and what was slow', () => {
    const traceId = others[0];
    expect(policy.keeps(span({ traceId }))).toBe(false);
    expect(policy.keeps(span({ traceId, error: 'no' }))).toBe(true);
    expect(policy.keeps(span({ traceId, endMilliseconds: 1_200 }))).toBe(true);
    expect(policy.keeps(span({ traceId }), 200)).toBe(true);
  });

  it('keeps all or nothing where it is told to', () => {
    expect(new TailPolicy({ slowMilliseconds: 200, keepPercent: 100 }).keeps(span({ traceId: others[0] }))).toBe(true);
    expect(new TailPolicy({ slowMilliseconds: 200, keepPercent: 0 }).keeps(span({ traceId: others[0] }))).toBe(false);
  });
});

describe('SettlementSpans', () => {
  it('ends the trace that came with a record, and leaves all other records alone', async () => {
    const { bodies, created } = exporter();
    const spans = new SettlementSpans({ exporter: created, ids: { traceId: () => '', spanId: () => '2222222222222222' } });
    spans.settled({ traceParent: HEADER, acceptedAt: 900, type: 'payment' }, 1_000, 1_030, 'applied');
    spans.settled({ acceptedAt: 900, type: 'payment' }, 1_000, 1_030, 'applied');
    spans.settled({ traceParent: 'no trace', acceptedAt: 900, type: 'payment' }, 1_000, 1_030, 'applied');
    spans.flushBehind();
    await created.flush();
    expect(JSON.parse(bodies[0]).resourceSpans[0].scopeSpans[0].spans).toEqual([expect.objectContaining({
      name: 'settle', kind: 5, traceId: TRACE, spanId: '2222222222222222', parentSpanId: PARENT,
      attributes: [
        { key: 'record.type', value: { stringValue: 'payment' } }, { key: 'outcome', value: { stringValue: 'applied' } },
        { key: 'settle.milliseconds', value: { intValue: '130' } },
      ],
    })]);
  });

  it('judges by the time since acceptance which are kept', async () => {
    const { bodies, created } = exporter();
    const spans = new SettlementSpans({ exporter: created, policy: new TailPolicy({ slowMilliseconds: 1_000, keepPercent: 0 }) });
    spans.settled({ traceParent: HEADER, acceptedAt: 900, type: 'payment' }, 1_000, 1_030, 'applied');
    await created.flush();
    expect(bodies).toEqual([]);
    spans.settled({ traceParent: HEADER, acceptedAt: 0, type: 'payment' }, 1_000, 1_030, 'applied');
    spans.settled({ traceParent: HEADER, acceptedAt: 900, type: 'payment' }, 1_000, 1_030, 'impossible', 'amount');
    await created.flush();
    expect(JSON.parse(bodies[0]).resourceSpans[0].scopeSpans[0].spans).toHaveLength(2);
  });
});

describe('the transport of spans', () => {
  const received: { path?: string; headers: http.IncomingHttpHeaders; body: string }[] = [];
  let status = 200;
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  let endpoint: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('posts JSON to the path of traces', async () => {
    await otlpTransport({ endpoint: `${endpoint}/` })('{}');
    expect(received.pop()).toMatchObject({ path: '/v1/traces', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(received.pop()?.headers.authorization).toBeUndefined();
  });

  it('fails when it is refused, and where nobody listens', async () => {
    status = 429;
    await expect(otlpTransport({ endpoint })('{}')).rejects.toThrow('429');
    status = 200;
    await expect(otlpTransport({ endpoint: 'http://127.0.0.1:1' })('{}')).rejects.toThrow();
    expect(() => otlpTransport({ endpoint: 'ftp://x' })).toThrow('http or https');
  });

  it('signs what it sends to AWS X-Ray', async () => {
    const sign = xraySignature('xray.eu-west-1.amazonaws.com', '/v1/traces', 'eu-west-1', () => ({ accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 'token' }));
    const headers = await sign({ 'content-type': 'application/json' }, '{}');
    expect(headers).toMatchObject({ 'host': 'xray.eu-west-1.amazonaws.com', 'x-amz-security-token': 'token' });
    expect(headers.authorization).toMatch(/\/eu-west-1\/xray\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/);
  });

  it('is there only where the environment names an endpoint', async () => {
    expect(serverTracingFromEnvironment(new Environment({}), 'api')).toBeUndefined();
    expect(settlementSpansFromEnvironment(new Environment({}), 'worker')).toEqual({});
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'api-of-cell-1', TRACE_ROOTS_PER_MILLION: '1000000' };
    const tracing = serverTracingFromEnvironment(new Environment(variables), 'api')!;
    tracing.tracer.serve('GET /', undefined)!.end();
    await tracing.exporter.flush();
    expect(received.pop()?.body).toContain('api-of-cell-1');
    const { spans } = settlementSpansFromEnvironment(new Environment({ ...variables, TRACE_SLOW_MILLISECONDS: '5', TRACE_KEEP_PERCENT: '0' }), 'worker');
    spans!.settled({ traceParent: HEADER, acceptedAt: 0, type: 'payment' }, 1, 2, 'applied');
    spans!.settled({ traceParent: HEADER, acceptedAt: 0, type: 'payment' }, 1, 20, 'applied');
    spans!.flushBehind();
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    expect(JSON.parse(received.pop()!.body).resourceSpans[0].scopeSpans[0].spans).toHaveLength(1);
  });
});
