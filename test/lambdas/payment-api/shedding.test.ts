import { Admission, SheddingOptions } from '../../../lambdas/payment-api/admission';
import { PaymentApiPorts } from '../../../lambdas/payment-api/ports';
import { ApiClient, payment, Reply } from './api-client';

const DETAIL = 'The server has more to do than it can at the moment.';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

describe('too many requests at once', () => {
  let client: ApiClient;
  let shed = 0;
  const start = async (shedding: Partial<SheddingOptions>, others: Partial<PaymentApiPorts> = {}): Promise<void> => {
    shed = 0;
    client = await new ApiClient({ shedding: { promptMilliseconds: 100, minimum: 1, onShed: () => { shed++; }, ...shedding }, ...others }).start();
  };
  /** Payments that wait for the stream. */
  const hold = async (requests: number): Promise<Promise<Reply>[]> => {
    client.stream.isHeld = true;
    const before = client.stream.heldPayments;
    const replies = Array.from({ length: requests }, () => client.post(payment()));
    await until(() => client.stream.heldPayments === before + requests);
    return replies;
  };
  const release = async (replies: Promise<Reply>[]): Promise<void> => {
    client.stream.release();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(replies.map(() => 202));
  };
  afterEach(() => client.stop());

  it('are refused, reads before batches before payments, and never probes', async () => {
    await start({ maximum: 10 });
    const waiting = await hold(6);
    expect((await client.get('/merchants/m-1/balance?currency=EUR')).status).toBe(200);
    waiting.push(...await hold(1));
    const read = await client.get('/merchants/m-1/balance?currency=EUR');
    expect([read.status, read.headers['retry-after'], read.headers['content-type'], read.json.detail]).toEqual([503, '1', 'application/problem+json', DETAIL]);
    expect((await client.get('/merchants/m-1/payments/k')).status).toBe(503);
    waiting.push(...await hold(2));
    expect((await client.postBatch([payment()])).json.detail).toBe(DETAIL);
    waiting.push(...await hold(1));
    expect((await client.post(payment())).json.detail).toBe(DETAIL);
    expect([(await client.get('/healthz')).status, (await client.get('/readyz')).status]).toEqual([200, 200]);
    expect(shed).toBe(4);
    await release(waiting);
    expect((await client.get('/merchants/m-1/balance?currency=EUR')).status).toBe(200);
    expect((await client.postBatch([payment()])).status).toBe(200);
  });

  it('are told apart from those whose sender is not known, who take no place', async () => {
    const { unauthorized } = jest.requireActual<typeof import('../../../lambdas/payment-api/authentication')>('../../../lambdas/payment-api/authentication');
    await start({ maximum: 4 }, { authenticate: () => { throw unauthorized('A bearer token is required.'); } });
    const replies = await Promise.all(Array.from({ length: 5 }, () => client.post(payment())));
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(shed).toBe(0);
  });

  it('are fewer once requests were slow', async () => {
    await start({ maximum: 40 });
    const slow = await hold(40);
    client.now += 10_000;
    await release(slow);
    client.stream.isHeld = true;
    const many = Array.from({ length: 40 }, () => client.post(payment()));
    await until(() => shed + client.stream.heldPayments === 40);
    expect(shed).toBeGreaterThan(5);
    client.stream.release();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(shed);
    expect(statuses.filter((status) => status === 202)).toHaveLength(40 - shed);
  });

  it('are not counted where nothing says what is prompt', async () => {
    client = await new ApiClient().start();
    await release(await hold(50));
  });
});

describe('the number of requests at once', () => {
  const admission = (): Admission => new Admission({ shedding: { promptMilliseconds: 100, minimum: 10, maximum: 1_000 } });
  const room = (subject: Admission): number => {
    let entered = 0;
    try {
      for (;;) {
        subject.enter('criticalPlus');
        entered++;
      }
    } catch {
      for (let left = 0; left < entered; left++) {
        subject.leave(0, false);
      }
      return entered;
    }
  };

  it('does not fall for what is prompt, however much that differs', () => {
    const subject = admission();
    for (let round = 0; round < 20; round++) {
      for (let request = 0; request < 900; request++) {
        subject.enter('criticalPlus');
      }
      for (let request = 0; request < 900; request++) {
        subject.leave(request % 10 === 0 ? 1 : 190, false);
      }
    }
    expect(room(subject)).toBeGreaterThan(490);
  });

  it('falls when the way into the stream has no room, to the fewest and no further', () => {
    const subject = admission();
    for (let request = 0; request < 500; request++) {
      subject.enter('criticalPlus');
      subject.leave(1, true);
    }
    expect(room(subject)).toBe(10);
  });

  it.each([
    [{ promptMilliseconds: 100, minimum: 0 }, 'minimum'],
    [{ promptMilliseconds: 100, minimum: 10, maximum: 9 }, 'maximum'],
    [{ promptMilliseconds: 0 }, 'promptMilliseconds'],
  ])('refuses %j', (shedding, property) => {
    expect(() => new Admission({ shedding })).toThrow(`\`${property}\` must be`);
  });
});
