import { HttpsClient, NoAnswerError, type OutgoingAnswer, type OutgoingRequest } from '../../../lambdas/runtime/http/outgoing';
import { transferKey } from '../../../lambdas/runtime/payout/payout';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { secretAuthorization } from '../../../lambdas/payout/provider-secret';
import { HttpTransfers } from '../../../lambdas/payout/transfers';
import { BankServer } from '../../../local/services/bank';
import { ManualClock } from '../runtime/support/manual-clock';

const PAYOUT = { merchantId: 'Käse & Co', idempotencyKey: 'k/1', amount: 500, currency: 'EUR', requestedAt: 1 };

function transfers(answers: (OutgoingAnswer | Error)[]) {
  const requests: OutgoingRequest[] = [];
  const clock = new ManualClock();
  const made = new HttpTransfers({
    client: {
      send: async (request) => {
        requests.push(request);
        const answer = answers.shift() ?? new NoAnswerError('reset');
        if (answer instanceof Error) {
          throw answer;
        }
        return answer;
      },
    },
    endpoint: 'https://bank.example/v1/',
    authorization: async () => 'Bearer t',
    retry: new RetryPolicy({ clock, maximumAttempts: 4, random: () => 0.5 }),
  });
  return { requests, transfer: (deadline = clock.now() + 10_000) => made.transfer(PAYOUT, deadline), clock };
}

const said = (status: string, others: object = {}, statusCode = 200): OutgoingAnswer => ({ statusCode, text: JSON.stringify({ status, ...others }) });

describe('a transfer', () => {
  it('is asked for once, under a key that no other merchant\'s payout has', async () => {
    const { requests, transfer } = transfers([said('paid', { reference: 'r' })]);
    expect(await transfer()).toEqual({ kind: 'paid', reference: 'r' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://bank.example/v1/transfers', headers: {
      'authorization': 'Bearer t', 'idempotency-key': 'K%C3%A4se%20%26%20Co:payout%3Ak%2F1',
    } });
    expect(JSON.parse(requests[0].body!)).toEqual({ merchantId: 'Käse & Co', key: 'payout:k/1', amount: 500, currency: 'EUR' });
  });

  it('is asked about after a lost answer, and asked for again where the provider never heard of it', async () => {
    const { requests, transfer } = transfers([new NoAnswerError('reset'), { statusCode: 404, text: '' }, said('paid')]);
    expect(await transfer()).toEqual({ kind: 'paid' });
    expect(requests.map(({ method, url }) => [method, url.replace('https://bank.example/v1', '')])).toEqual([
      ['POST', '/transfers'], ['GET', `/transfers/${encodeURIComponent(transferKey(PAYOUT))}`], ['POST', '/transfers'],
    ]);
  });

  it.each<[string, OutgoingAnswer, object]>([
    ['a refusal', said('refused', { code: 'account_closed' }, 422), { kind: 'refused', reason: 'account_closed' }],
    ['a refusal without a code', said('refused'), { kind: 'refused', reason: 'refused' }],
    ['a refusal whose code is a text', said('refused', { code: 'No, <b>never</b>' }), { kind: 'refused', reason: 'refused' }],
    ['a payment', said('paid', { reference: 7 }), { kind: 'paid' }],
  ])('is decided by %s', async (_, answer, outcome) => {
    expect(await transfers([answer]).transfer()).toEqual(outcome);
  });

  it.each<[string, OutgoingAnswer]>([
    ['a decision by a server that fails', said('refused', {}, 500)],
    ['a decision of somebody who limits the rate', said('refused', {}, 429)],
    ['wrong credentials', { statusCode: 401, text: '{"message":"no"}' }],
    ['a bad request', { statusCode: 400, text: '{}' }],
    ['a key with other fields', { statusCode: 409, text: '{"message":"reused"}' }],
    ['a page of something in between', { statusCode: 200, text: '<html>' }],
    ['null', { statusCode: 200, text: 'null' }],
    ['an answer that is pending', said('pending')],
  ])('is not decided by %s', async (_, answer) => {
    expect(await transfers([answer, answer, answer, answer]).transfer()).toMatchObject({ kind: 'unknown' });
  });

  it('is left unknown when its time is over, and not begun when there is none', async () => {
    const { clock, requests, transfer } = transfers([]);
    expect(await transfer()).toEqual({ kind: 'unknown', why: 'reset' });
    expect(requests).toHaveLength(4);
    expect(await transfer(clock.now())).toEqual({ kind: 'unknown', why: 'no time was left to ask' });
    expect(requests).toHaveLength(4);
  });

  it('comes about once with a bank that loses requests and answers', async () => {
    const bank = await BankServer.start({ refused: 0.3, lostAnswers: 0.3, lostRequests: 0.3, slow: 0.2, slowMilliseconds: 100 });
    const client = new HttpsClient({ hosts: 'any' });
    const over = new HttpTransfers({ client, endpoint: bank.endpoint, timeoutMilliseconds: 50, retry: new RetryPolicy({ baseMilliseconds: 5 }) });
    const payouts = Array.from({ length: 40 }, (_, index) => ({ ...PAYOUT, idempotencyKey: `k${index}` }));
    for (const payout of payouts) {
      const { kind } = await over.transfer(payout, Date.now() + 5_000);
      expect(kind).toBe(bank.bank.find(transferKey(payout))?.status);
    }
    const book = await (await fetch(`${bank.endpoint}/transfers`)).json() as { transfers: { key: string; status: string }[] };
    expect(book.transfers.length).toBe(bank.bank.transfers.filter(({ status }) => status === 'paid').length);
    expect(new Set(book.transfers.map(({ key }) => key)).size).toBe(book.transfers.length);
    expect((await fetch(`${bank.endpoint}/transfers`, { method: 'POST', headers: { 'idempotency-key': transferKey(payouts[0]) },
      body: JSON.stringify({ merchantId: PAYOUT.merchantId, key: 'payout:k0', amount: 1, currency: 'EUR' }) })).status).toBe(409);
    client.close();
    await bank.stop();
  });
});

describe('the provider\'s token', () => {
  it('is read from the secret, and again after five minutes', async () => {
    const clock = new ManualClock();
    const tokens = ['a', 'b'];
    const authorization = secretAuthorization({ call: async <Output>() => ({ SecretString: tokens.shift() }) as Output }, 'arn', clock);
    expect([await authorization(), await authorization()]).toEqual(['Bearer a', 'Bearer a']);
    clock.time += 300_000;
    expect(await authorization()).toBe('Bearer b');
  });

  it('is refused when it is empty', async () => {
    const authorization = secretAuthorization({ call: async <Output>() => ({ SecretString: '' }) as Output }, 'arn', new ManualClock());
    await expect(authorization()).rejects.toThrow('the secret of the transfer provider is empty');
  });
});
