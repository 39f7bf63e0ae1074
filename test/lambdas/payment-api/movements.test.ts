import { Principal } from '../../../lambdas/payment-api/authentication';
import { WorkflowPayouts } from '../../../lambdas/payment-api/payout-starter';
import { AwsConnectionError, AwsServiceError } from '../../../lambdas/runtime/aws/errors';
import type { PayoutRequest } from '../../../lambdas/runtime/payout/payout';
import { decodeReceipt } from '../../../lambdas/runtime/producer/receipt';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../runtime/support/manual-clock';
import { ApiClient, payment, Reply } from './api-client';

const ALL = ['payments:write', 'payments:read', 'holds:write', 'payouts:write', 'fraud:review'];
const HOLD = { idempotencyKey: 'h-1', amount: 500, currency: 'EUR', reason: 'risk' };
const RELEASE = { idempotencyKey: 'r-1', holdOf: 'h-1', amount: 200, currency: 'EUR' };
const PAYOUT = { idempotencyKey: 'p-1', amount: 300, currency: 'EUR' };

let client: ApiClient;
let principal: Principal;
let started: PayoutRequest[];
let startPayout: () => Promise<boolean>;

beforeEach(async () => {
  principal = { client: 'c', scopes: new Set(ALL), merchants: new Set(['m-1', 'm/2']) };
  started = [];
  startPayout = async () => true;
  client = await new ApiClient({
    holds: true, payouts: { start: (payout) => { started.push(payout); return startPayout(); } },
  }, () => principal).start();
});
afterEach(() => client.stop());

const post = (path: string, body: unknown): Promise<Reply> => client.send('POST', path, typeof body === 'string' ? body : JSON.stringify(body));

describe('POST /merchants/{merchantId}/holds', () => {
  it('takes a hold in', async () => {
    const { status, headers, json } = await post('/merchants/m%2F2/holds', HOLD);
    expect([status, headers.location]).toEqual([202, '/merchants/m%2F2/payments/h-1']);
    expect(decodeReceipt(json.receipt as string)?.acceptedAt).toBe(client.now);
    expect(client.stream.durable).toEqual([{ merchantId: 'm/2', ...HOLD, type: 'hold', acceptedAt: client.now }]);
  });

  it('takes the same again, and refuses another one with its key', async () => {
    expect((await post('/merchants/m-1/holds', HOLD)).status).toBe(202);
    expect((await post('/merchants/m-1/holds', HOLD)).status).toBe(202);
    expect((await post('/merchants/m-1/holds', { ...HOLD, amount: 1 })).status).toBe(409);
    expect((await client.post(payment({ idempotencyKey: 'h-1' }))).status).toBe(409);
  });

  it('needs scope and merchant, and a body that is one', async () => {
    expect((await post('/merchants/m-9/holds', HOLD)).status).toBe(403);
    expect((await post('/merchants/m-1/holds', { ...HOLD, amount: 0 })).json).toMatchObject({ status: 400, field: '/amount' });
    expect((await post('/merchants/m-1/holds', '{')).status).toBe(400);
    expect((await post(`/merchants/${'x'.repeat(65)}/holds`, HOLD)).json).toMatchObject({ status: 400, parameter: 'merchantId' });
    principal = { ...principal, scopes: new Set(['payments:write']) };
    const refused = await post('/merchants/m-1/holds', HOLD);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, 'Bearer realm="payments", error="insufficient_scope", scope="holds:write"']);
    expect(client.stream.durable).toEqual([]);
  });

  it('is answered 503 when it could not be stored', async () => {
    client.stream.isBroken = true;
    const reply = await post('/merchants/m-1/holds', HOLD);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
  });
});

describe('POST /merchants/{merchantId}/releases', () => {
  it('takes a release in', async () => {
    expect((await post('/merchants/m-1/releases', RELEASE)).status).toBe(202);
    expect(client.stream.durable).toEqual([{ merchantId: 'm-1', ...RELEASE, type: 'release', acceptedAt: client.now }]);
  });

  it('of what a fraud rule holds is for those who look into fraud', async () => {
    const release = { ...RELEASE, holdOf: 'fraud:velocity:k-1' };
    expect((await post('/merchants/m-1/releases', release)).status).toBe(202);
    principal = { ...principal, scopes: new Set(['holds:write']) };
    expect((await post('/merchants/m-1/releases', { ...release, idempotencyKey: 'r-2' })).status).toBe(403);
    expect((await post('/merchants/m-1/releases', { ...RELEASE, idempotencyKey: 'r-2' })).status).toBe(202);
  });

  it('does not end the hold of a payout', async () => {
    expect((await post('/merchants/m-1/releases', { ...RELEASE, holdOf: 'payout:p-1:hold' })).json).toMatchObject({ status: 400, field: '/holdOf' });
  });
});

describe('POST /merchants/{merchantId}/payouts', () => {
  it('sets a payout going', async () => {
    const { status, headers, json } = await post('/merchants/m-1/payouts', PAYOUT);
    expect([status, headers.location, json]).toEqual([202, '/merchants/m-1/payments/payout%3Ap-1%3Ahold', { status: 'pending' }]);
    expect(started).toEqual([{ merchantId: 'm-1', ...PAYOUT, requestedAt: client.now }]);
    expect(client.stream.durable).toEqual([]);
  });

  it('is answered 503 when nobody took it up, and 500 when that is a defect', async () => {
    startPayout = async () => false;
    const reply = await post('/merchants/m-1/payouts', PAYOUT);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    startPayout = () => Promise.reject(new Error('a defect'));
    expect((await post('/merchants/m-1/payouts', PAYOUT)).status).toBe(500);
  });

  it('needs its scope', async () => {
    principal = { ...principal, scopes: new Set(['holds:write', 'payments:write']) };
    expect((await post('/merchants/m-1/payouts', PAYOUT)).status).toBe(403);
    expect(started).toEqual([]);
  });
});

describe('the routes of movements', () => {
  it.each(['payout:p-1:hold', 'payout:', 'fraud:velocity:k-1'])('refuse the key %s, which is the system\'s own, and payments take it as any other', async (idempotencyKey) => {
    const detail = 'must not begin with "payout:" or "fraud:", as only the system\'s own do';
    for (const [path, body] of [['holds', HOLD], ['releases', RELEASE], ['payouts', PAYOUT]] as const) {
      expect((await post(`/merchants/m-1/${path}`, { ...body, idempotencyKey })).json).toMatchObject({ status: 400, field: '/idempotencyKey', detail });
    }
    expect([started, client.stream.durable]).toEqual([[], []]);
    expect((await client.post(payment({ idempotencyKey }))).status).toBe(202);
  });

  it('are there only where they are configured', async () => {
    await client.stop();
    client = await new ApiClient().start();
    for (const path of ['/merchants/m-1/holds', '/merchants/m-1/releases', '/merchants/m-1/payouts']) {
      expect((await post(path, HOLD)).status).toBe(404);
    }
  });

  it('count against the limit of the client', async () => {
    await client.stop();
    client = await new ApiClient({ holds: true, clientPaymentsPerSecond: 1 }).start();
    expect((await post('/merchants/m-1/holds', HOLD)).status).toBe(202);
    const refused = await post('/merchants/m-1/releases', RELEASE);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
  });

  it('allow POST alone', async () => {
    const reply = await client.get('/merchants/m-1/holds');
    expect([reply.status, reply.headers.allow]).toEqual([405, 'POST']);
  });

  it('do not make a payment of a movement', async () => {
    expect((await client.post(payment({ type: 'hold' }))).json).toMatchObject({ status: 400, field: '/type' });
  });
});

describe('WorkflowPayouts', () => {
  const ORDER: PayoutRequest = { merchantId: 'm-1', ...PAYOUT, requestedAt: 1_700_000_000_000 };
  let calls: { operation: string; input: Record<string, string> }[];
  let failures: unknown[];
  const payouts = (): WorkflowPayouts => new WorkflowPayouts({
    call: async <Output>(operation: string, input: object) => {
      calls.push({ operation, input: input as Record<string, string> });
      const failure = failures.shift();
      if (failure !== undefined) {
        throw failure;
      }
      return {} as Output;
    },
  }, 'arn:aws:states:eu-west-1:1:stateMachine:payout', new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 3 }));

  beforeEach(() => {
    calls = [];
    failures = [];
  });

  it('starts an execution with what is to be paid out', async () => {
    expect(await payouts().start(ORDER)).toBe(true);
    expect(calls).toEqual([{
      operation: 'StartExecution',
      input: { stateMachineArn: 'arn:aws:states:eu-west-1:1:stateMachine:payout', name: expect.stringMatching(/^payout-[0-9a-f]{48}$/) as string, input: JSON.stringify(ORDER) },
    }]);
  });

  it('tries again under the same name, and takes one that is there for started', async () => {
    failures = [new AwsConnectionError('lost'), new AwsServiceError('ExecutionAlreadyExists', 400, '')];
    expect(await payouts().start(ORDER)).toBe(true);
    expect(new Set(calls.map(({ input }) => input.name)).size).toBe(1);
    await payouts().start({ ...ORDER, requestedAt: ORDER.requestedAt + 1 });
    expect(new Set(calls.map(({ input }) => input.name)).size).toBe(2);
  });

  it('says when nobody took it up, and throws for a defect', async () => {
    failures = Array.from({ length: 3 }, () => new AwsServiceError('ThrottlingException', 400, ''));
    expect(await payouts().start(ORDER)).toBe(false);
    failures = [new AwsServiceError('AccessDeniedException', 400, 'no')];
    await expect(payouts().start(ORDER)).rejects.toThrow('AccessDeniedException');
  });
});
