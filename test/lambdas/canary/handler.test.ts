import { ApiClient } from '../../../lambdas/canary/api-client';
import { secretCredentials } from '../../../lambdas/canary/credentials';
import { type CanaryPorts, createCanaryHandler } from '../../../lambdas/canary/handler';
import { NoAnswerError, type OutgoingAnswer, type OutgoingClient, type OutgoingRequest } from '../../../lambdas/runtime/http/outgoing';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';
import { ManualClock } from '../runtime/support/manual-clock';

const DUE = '2026-11-22T08:01:00Z';

interface Row {
  readonly type: string;
  readonly amount: number;
  readonly refundOf?: string;
  readonly settledAt: number;
}

/** An API that settles after a while, as the real one does, with what can go wrong on the way. */
class PretendApi implements OutgoingClient {
  public readonly rows = new Map<string, Row>();
  public readonly requests: OutgoingRequest[] = [];
  public settleMilliseconds = 400;
  /** Is asked first; an answer or an error takes the place of that of the API. */
  public disturb: (request: OutgoingRequest) => OutgoingAnswer | undefined = () => undefined;

  public constructor(private readonly clock: ManualClock) {}

  public async send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    this.requests.push(request);
    this.clock.time += 10;
    const disturbed = this.disturb(request);
    if (disturbed !== undefined) {
      return disturbed;
    }
    const url = new URL(request.url);
    if (request.method === 'POST') {
      const payment = JSON.parse(request.body ?? '') as { idempotencyKey: string; type: string; amount: number; refundOf?: string };
      if (!this.rows.has(payment.idempotencyKey)) {
        this.rows.set(payment.idempotencyKey, { ...payment, settledAt: this.clock.time + this.settleMilliseconds });
      }
      return { statusCode: 202, text: JSON.stringify({ receipt: `of ${payment.idempotencyKey}` }) };
    }
    if (url.pathname.endsWith('/balance')) {
      return { statusCode: 200, text: JSON.stringify({ available: this.balance, held: 0 }) };
    }
    const row = this.rows.get(decodeURIComponent(url.pathname.split('/').pop()!));
    return row !== undefined && row.settledAt <= this.clock.time
      ? { statusCode: 200, text: '{"status":"applied"}' }
      : { statusCode: url.searchParams.has('receipt') ? 202 : 404, text: '{"status":"pending"}' };
  }

  public get balance(): number {
    return [...this.rows.values()].filter(({ settledAt }) => settledAt <= this.clock.time)
      .reduce((sum, { type, amount }) => sum + (type === 'refund' ? -amount : amount), 0);
  }
}

function canary(changes: Partial<CanaryPorts> = {}) {
  const clock = new ManualClock(Date.parse(DUE));
  const api = new PretendApi(clock);
  const lines: string[] = [];
  const write = (line: string): void => { lines.push(line); };
  const handler = createCanaryHandler({
    client: api,
    endpoint: 'https://pay.example.org',
    authorization: async () => ({ 'x-api-key': 'k' }),
    account: { name: 'canary-eu', merchantId: 'm canary', payerId: 'p', currency: 'EUR', amount: 1 },
    everyMilliseconds: 60_000,
    timeoutMilliseconds: 5_000,
    attempts: 3,
    metrics: new EmbeddedMetrics({ functionName: 'canary', write, now: () => 1 }),
    logger: new Logger({ write }),
    clock,
    ...changes,
  });
  const end = clock.time + 50_000;
  const run = (scheduledTime: string | undefined = DUE) => handler({ scheduledTime }, { getRemainingTimeInMillis: () => end - clock.time });
  const published = (): Record<string, unknown> => JSON.parse(lines.filter((line) => line.includes('_aws')).pop()!) as Record<string, unknown>;
  return { api, clock, lines, published, run };
}

describe('the canary', () => {
  it('pays, sees the payment settle, refunds it, and ends at a balance of zero', async () => {
    const { api, published, run } = canary();
    const result = await run();
    expect(result).toMatchObject({ success: true, acceptMilliseconds: 10, balanced: true });
    expect([...api.rows]).toEqual([
      ['canary-eu-2026-11-22T08:01', expect.objectContaining({ type: 'payment', amount: 1, merchantId: 'm canary' })],
      ['canary-eu-2026-11-22T08:01-refund', expect.objectContaining({ type: 'refund', amount: 1, refundOf: 'canary-eu-2026-11-22T08:01' })],
    ]);
    expect(api.balance).toBe(0);
    const { settleMilliseconds } = result;
    expect(published()).toMatchObject({ CanarySuccess: [1], CanaryAcceptTime: [10], CanarySettleTime: [settleMilliseconds], CanaryBalanced: [1] });
    expect(result.settleMilliseconds).toBeGreaterThanOrEqual(400);
    expect(result.settleMilliseconds).toBeLessThan(700);
    expect(api.requests.every(({ headers }) => headers?.['x-api-key'] === 'k')).toBe(true);
  });

  it('does nothing twice when it is started twice', async () => {
    const { api, run } = canary();
    await run();
    await run();
    expect(api.rows.size).toBe(2);
    expect(api.balance).toBe(0);
  });

  it('goes by the minute of its clock when nobody says when it was due', async () => {
    const { api, run } = canary();
    await run('');
    expect([...api.rows.keys()][0]).toBe('canary-eu-2026-11-22T08:01');
  });

  it('repeats what was not answered or refused for the load, with the same key', async () => {
    const { api, published, run } = canary();
    let posts = 0;
    api.disturb = ({ method }) => {
      if (method === 'POST' && posts++ < 2) {
        if (posts === 1) {
          throw new NoAnswerError('reset');
        }
        return { statusCode: 503, text: '' };
      }
      return undefined;
    };
    expect(await run()).toMatchObject({ success: true });
    expect(api.rows.size).toBe(2);
    expect(published()).toMatchObject({ CanaryRetries: 2, CanarySuccess: [1] });
  });

  it.each([
    ['a payment is refused', { statusCode: 422, text: '{}' }, 'POST /payments was answered 422'],
    ['the edge is gone', { statusCode: 503, text: '' }, 'POST /payments was answered 503'],
  ])('fails when %s', async (_, answer, failure) => {
    const { api, lines, published, run } = canary();
    api.disturb = () => answer;
    const result = await run();
    expect(result.success).toBe(false);
    expect(result.failure).toContain(failure.replace('POST /payments was', ''));
    expect(published()).toMatchObject({ CanarySuccess: [0] });
    expect(published().CanarySettleTime).toBeUndefined();
    expect(lines.some((line) => line.includes('the test payment failed'))).toBe(true);
    // Lines with keys in them would never be equal.
    expect(lines.filter((line) => !line.includes('_aws')).join()).not.toContain('2026-11-22T08:01');
  });

  it('fails within its time when a payment never settles', async () => {
    const { api, clock, run } = canary();
    api.settleMilliseconds = Number.POSITIVE_INFINITY;
    const start = clock.time;
    const result = await run();
    expect(result).toMatchObject({ success: false, acceptMilliseconds: 10, failure: expect.stringContaining('did not settle in time') });
    expect(clock.time - start).toBeLessThan(50_000);
  });

  it('fails when a payment was put aside', async () => {
    const { api, run } = canary();
    api.disturb = ({ method }) => (method === 'GET' ? { statusCode: 200, text: '{"status":"parked","reason":"x"}' } : undefined);
    expect(await run()).toMatchObject({ success: false, failure: expect.stringContaining('parked') });
  });

  it('refunds what the run before left', async () => {
    const { api, run } = canary();
    api.disturb = ({ body }) => (body?.includes('"refund"') ? { statusCode: 503, text: '' } : undefined);
    expect(await run('2026-11-22T08:00:00Z')).toMatchObject({ success: false });
    api.disturb = () => undefined;
    expect(await run(DUE)).toMatchObject({ success: true, balanced: true });
    expect([...api.rows.keys()]).toContain('canary-eu-2026-11-22T08:00-refund');
    expect(api.balance).toBe(0);
  });

  it('tells when the balance does not come back to zero', async () => {
    const { api, lines, published, run } = canary();
    api.disturb = ({ url }) => (url.includes('/balance') ? { statusCode: 200, text: '{"available":1,"held":0}' } : undefined);
    expect(await run()).toMatchObject({ success: true, balanced: false });
    expect(published()).toMatchObject({ CanaryBalanced: [0] });
    expect(lines.some((line) => line.includes('not zero'))).toBe(true);
  });
});

describe('the credentials of the canary', () => {
  const clock = new ManualClock();
  const options = (secret: object | string, send: OutgoingClient['send'] = () => Promise.reject(new Error('not asked'))) => {
    const asked: string[] = [];
    const secretsManager = {
      call: async <Output>(operation: string): Promise<Output> => {
        asked.push(operation);
        return { SecretString: typeof secret === 'string' ? secret : JSON.stringify(secret) } as Output;
      },
    };
    return { asked, authorization: secretCredentials({ secretsManager, secretArn: 'arn', client: { send }, clock, apiKeyHeader: 'x-key' }) };
  };

  it('are an API key', async () => {
    const { asked, authorization } = options({ apiKey: 'k' });
    expect(await authorization(clock.time)).toEqual({ 'x-key': 'k' });
    expect(await authorization(clock.time)).toEqual({ 'x-key': 'k' });
    expect(asked).toEqual(['GetSecretValue']);
    clock.time += 5 * 60_000;
    await authorization(clock.time);
    expect(asked).toHaveLength(2);
  });

  it('are a token that is kept until shortly before it ends', async () => {
    const requests: OutgoingRequest[] = [];
    const { authorization } = options({ tokenUrl: 'https://issuer.example.org/token', clientId: 'c', clientSecret: 's:', scope: 'payments:write' }, async (request) => {
      requests.push(request);
      return { statusCode: 200, text: JSON.stringify({ access_token: `t${requests.length}`, expires_in: 180 }) };
    });
    expect(await authorization(clock.time + 1_000)).toEqual({ authorization: 'Bearer t1' });
    expect(await authorization(clock.time + 1_000)).toEqual({ authorization: 'Bearer t1' });
    clock.time += 121_000;
    expect(await authorization(clock.time + 1_000)).toEqual({ authorization: 'Bearer t2' });
    expect(requests[0]).toMatchObject({
      method: 'POST', body: 'grant_type=client_credentials&scope=payments%3Awrite',
      headers: { authorization: `Basic ${Buffer.from('c:s%3A').toString('base64')}` },
    });
  });

  it.each([['no JSON', '{'], ['neither', { clientId: 'c' }]])('are refused where the secret holds %s', async (_, secret) => {
    await expect(options(secret).authorization(clock.time)).rejects.toThrow('the secret of the canary');
  });

  it.each([[401, '{}', 'answered 401'], [200, '{}', 'without `access_token`'], [200, '<', 'no JSON']])(
    'fail where the issuer answers %s %s', async (statusCode, text, message) => {
      const secret = { tokenUrl: 'https://issuer.example.org/token', clientId: 'c', clientSecret: 's' };
      await expect(options(secret, async () => ({ statusCode, text })).authorization(clock.time + 1)).rejects.toThrow(message);
    });
});

describe('the client of the canary', () => {
  it('does not hide a mistake of its own', async () => {
    const clock = new ManualClock();
    const api = new ApiClient({
      client: { send: () => Promise.reject(new TypeError('no URL')) }, endpoint: 'https://x.example.org', authorization: async () => ({}), clock,
      timeoutMilliseconds: 1, attempts: 3,
    });
    await expect(api.get('/', clock.time + 1_000)).rejects.toThrow(TypeError);
  });
});
