import type * as payout from '../../../lambdas/payout';
import type { PayoutHandler, PayoutStep } from '../../../lambdas/payout/handler';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { type OpenedLedger, openLedger } from '../../../lambdas/runtime/configuration/open-ledger';
import { PostgresqlBalances } from '../../../lambdas/runtime/ledger/postgresql-balances';
import type { Payout, PayoutRequest } from '../../../lambdas/runtime/payout/payout';
import { transferKey } from '../../../lambdas/runtime/payout/payout';
import { PayoutTable } from '../../../lambdas/runtime/payout/payout-table';
import { systemClock } from '../../../lambdas/runtime/retry/clock';
import { Bank, BankServer } from '../../../local/services/bank';
import { describeWithPostgresql } from '../runtime/ledger/postgresql-database';
import { LedgerDatabases } from '../runtime/support/ledger-databases';
import { newMerchant, payment } from '../runtime/support/payments';
import { recordedLogger, RecordedMetrics } from '../runtime/support/silent';
import { LocalServices } from './local-services';

jest.setTimeout(60_000);

/** Of a step, until it must have come to an answer. */
const MOST_CALLS = 100;
/** Share of the transfers that the bank refuses. */
const REFUSED = 0.5;

/** The steps of payouts as their environment makes them in the Kubernetes profile, on two databases. */
describeWithPostgresql('payouts on a ledger in PostgreSQL', () => {
  const before = process.env;
  let databases: LedgerDatabases;
  /** What functions are told of them. */
  let writers: Readonly<Record<string, string>>;
  let services: LocalServices;
  let bank: BankServer;
  let opened: OpenedLedger;
  let balances: PostgresqlBalances;
  let payouts: PayoutTable;
  let handler: PayoutHandler;

  beforeAll(async () => {
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    databases = await LedgerDatabases.start(2);
    await databases.migrate();
    services = await LocalServices.start('payouts');
    bank = await BankServer.start({ refused: REFUSED, lostAnswers: 0.3, lostRequests: 0.3, slow: 0 });
    const { DATABASE_READERS: _readers, DATABASE_READER_USER: _user, ...told } = databases.variables;
    writers = told;
    opened = openLedger(new Environment(writers), {
      dynamodb: services.dynamodb, metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock: systemClock, applicationName: 'test',
    });
    balances = new PostgresqlBalances(opened.postgresql!);
    payouts = new PayoutTable({ dynamodb: services.dynamodb, table: 'payouts', timeToLiveSeconds: 604_800 });
    handler = handlerOf(writers);
  });
  afterAll(async () => {
    process.env = before;
    await opened.close();
    await Promise.all([bank.stop(), services.stop()]);
    await databases.stop();
    jest.restoreAllMocks();
  });

  /** The handler of a process with these variables beside those that all have. */
  function handlerOf(variables: Readonly<Record<string, string>>): PayoutHandler {
    process.env = {
      ...before, ...variables, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: services.endpoint,
      PAYOUT_TABLE: 'payouts', LEDGER_TTL_SECONDS: '604800', REFUND_WINDOW_SECONDS: '604800', PAYOUT_WATCH_QUEUE_URL: `${services.endpoint}/watch`,
      // Of the same transaction as the hold: nobody here asks an instance that does not write any more.
      PAYOUT_WATCH_SECONDS: '60', BALANCE_LAG_SECONDS: '0', EVENT_BUS_NAME: 'bus', TRANSFER_ENDPOINT: bank.endpoint,
    };
    let made!: PayoutHandler;
    jest.isolateModules(() => { made = jest.requireActual<typeof payout>('../../../lambdas/payout').handler; });
    return made;
  }

  const step = async (name: PayoutStep, payout: Partial<PayoutRequest>): Promise<string> => (
    (await handler({ step: name, payout }, { getRemainingTimeInMillis: () => 30_000 })).state);
  /** A step that several executions take at once, each until somebody answered. */
  const repeated = (name: PayoutStep, payout: PayoutRequest): Promise<PromiseSettledResult<string>[]> => (
    Promise.allSettled([1, 2, 3].map(() => untilAnswered(() => step(name, payout)))));

  async function untilAnswered(call: () => Promise<string>): Promise<string> {
    for (let calls = 1; ; calls++) {
      try {
        return await call();
      } catch (error) {
        if ((error as Error).name !== 'PayoutUnavailable' || calls === MOST_CALLS) {
          throw error;
        }
      }
    }
  }

  /** As the state machine goes: whoever is rejected or refused is released. */
  async function run(payout: PayoutRequest): Promise<string> {
    for (const name of ['hold', 'transfer', 'settle'] as const) {
      const answers = await repeated(name, payout);
      const errors = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [(answer.reason as Error).name] : [])));
      if (errors.size > 0) {
        expect([...errors]).toEqual([name === 'hold' ? 'PayoutRejected' : 'PayoutRefused']);
        return ended(await repeated('release', payout));
      }
      if (name === 'settle') {
        return ended(answers);
      }
    }
    throw new Error('a payout has an end');
  }

  /** What all answered alike. */
  function ended(answers: readonly PromiseSettledResult<string>[]): string {
    const states = new Set(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason))));
    const [first, ...others] = states;
    expect([first, others]).toEqual([first, []]);
    return first;
  }

  async function merchantWith(amount: number): Promise<string> {
    const merchantId = newMerchant();
    const outcomes = await opened.ledger.applyPayments([payment(merchantId, 'deposit', { amount, acceptedAt: Date.now() })]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied']);
    return merchantId;
  }

  const request = (merchantId: string, idempotencyKey: string, amount: number): PayoutRequest => (
    { merchantId, idempotencyKey, amount, currency: 'EUR', requestedAt: Date.now() });
  const find = ({ idempotencyKey, merchantId }: PayoutRequest): Promise<Payout | undefined> => payouts.find(merchantId, idempotencyKey);
  const toldOf = (merchantId: string): string[] => services.events.filter((event) => event.merchantId === merchantId).map(({ id }) => id);

  /** The rows of a merchant, of whichever database they lie in. */
  async function rowsOf(merchantId: string): Promise<string[]> {
    const found = await Promise.all([0, 1].map((shard) => databases.connect(shard).query({
      text: 'SELECT idempotency_key, type, amount FROM ledger.entry WHERE merchant_id = $1', values: [merchantId],
    })));
    return found.flat().map(({ amount, idempotency_key: key, type }) => `${String(key)} ${String(type)} ${String(amount)}`).sort();
  }

  /** A key of which the bank pays the transfer, or refuses it: that follows from the key alone. */
  function keyThatIs(status: 'paid' | 'refused', merchantId: string): string {
    const clear = new Bank({ refused: REFUSED, lostAnswers: 0, lostRequests: 0, slow: 0 });
    for (let index = 0; ; index++) {
      const idempotencyKey = `order-${index}`;
      const answer = clear.transfer(transferKey({ merchantId, idempotencyKey }), { merchantId, key: 'any', amount: 1, currency: 'EUR' });
      if (answer.kind === 'answer' && answer.transfer.status === status) {
        return idempotencyKey;
      }
    }
  }

  it('hold money, have it transferred, and take it out of the ledger, once however often each step is taken', async () => {
    const merchantId = await merchantWith(1_000);
    const payout = request(merchantId, keyThatIs('paid', merchantId), 400);
    const key = `payout:${payout.idempotencyKey}`;

    expect(ended(await repeated('hold', payout))).toBe('held');
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 600n, held: 400n });
    expect(ended(await repeated('transfer', payout))).toBe('paid');
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 600n, held: 400n });
    expect(ended(await repeated('settle', payout))).toBe('settled');
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 600n, held: 0n });

    // From the start again: nothing is done twice.
    expect(await run(payout)).toBe('settled');
    expect(await rowsOf(merchantId)).toEqual(['deposit payment 1000', `${key}:hold hold 400`, `${key}:settle settle 400`]);
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 600n, held: 0n });
    expect(bank.bank.find(transferKey(payout))).toMatchObject({ status: 'paid', amount: 400, merchantId });
    expect(new Set(toldOf(merchantId)).size).toBe(1);
    // Somebody was sent to look after it before it was written down.
    expect(services.messages.map((body) => (JSON.parse(body) as PayoutRequest).merchantId)).toContain(merchantId);
  });

  it('give all of it back where the bank refuses, once', async () => {
    const merchantId = await merchantWith(1_000);
    const payout = request(merchantId, keyThatIs('refused', merchantId), 1_000);
    const key = `payout:${payout.idempotencyKey}`;
    expect(ended(await repeated('hold', payout))).toBe('held');
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 0n, held: 1_000n });
    await expect(untilAnswered(() => step('transfer', payout))).rejects.toMatchObject({ name: 'PayoutRefused', message: 'account_closed' });
    expect(ended(await repeated('release', payout))).toBe('released');
    expect(await run(payout)).toBe('released');
    expect(await rowsOf(merchantId)).toEqual(['deposit payment 1000', `${key}:hold hold 1000`, `${key}:release release 1000`]);
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 1_000n, held: 0n });
    expect(await find(payout)).toMatchObject({ state: 'released', reason: 'account_closed' });
  });

  it('are rejected without a row where the money is not there', async () => {
    const merchantId = await merchantWith(100);
    const payout = request(merchantId, 'order', 101);
    expect(await run(payout)).toBe('rejected');
    expect(await find(payout)).toMatchObject({ state: 'rejected', reason: 'insufficient_funds' });
    expect(await rowsOf(merchantId)).toEqual(['deposit payment 100']);
    expect(bank.bank.find(transferKey(payout))).toBeUndefined();
  });

  it('count on what others left at once: no balance is behind', async () => {
    const merchantId = await merchantWith(1_000);
    expect(await step('hold', request(merchantId, 'first', 400))).toBe('held');
    expect(await step('hold', request(merchantId, 'second', 500))).toBe('held');
    await expect(step('hold', request(merchantId, 'third', 101))).rejects.toMatchObject({ name: 'PayoutRejected', message: 'insufficient_funds' });
    expect(await step('hold', request(merchantId, 'fourth', 100))).toBe('held');
    expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: 0n, held: 1_000n });
  });

  it('never pay more than there is, of many at once, and their sums are exact', async () => {
    const merchants = await Promise.all([1_000, 700, 350].map(async (amount) => ({ amount, merchantId: await merchantWith(amount) })));
    const asked = merchants.flatMap(({ merchantId }) => [400, 300, 200, 250].map((amount, index) => request(merchantId, `many-${index}`, amount)));
    const states = await Promise.all(asked.map((payout) => run(payout)));
    for (const { amount, merchantId } of merchants) {
      const own = asked.map((payout, index) => ({ payout, state: states[index] })).filter(({ payout }) => payout.merchantId === merchantId);
      for (const { payout, state } of own) {
        expect([state, bank.bank.find(transferKey(payout))?.status]).toEqual({
          settled: ['settled', 'paid'], released: ['released', 'refused'], rejected: ['rejected', undefined],
        }[state]);
      }
      const paid = own.filter(({ state }) => state === 'settled').reduce((sum, { payout }) => sum + payout.amount, 0);
      expect(await balances.balance(merchantId, 'EUR')).toMatchObject({ available: BigInt(amount - paid), held: 0n });
      expect(paid).toBeLessThanOrEqual(amount);
      expect(new Set(toldOf(merchantId)).size).toBe(own.length);
    }
    // One of them asks for more than its merchant ever had.
    expect(states).toContain('rejected');
  });

  it('wait for a database that does not answer, and are neither rejected nor refused', async () => {
    const merchantId = await merchantWith(1_000);
    const lost = handlerOf({ ...writers, DATABASE_WRITERS: '127.0.0.1:1,127.0.0.1:2' });
    const payout = request(merchantId, 'order', 400);
    await expect(lost({ step: 'hold', payout }, { getRemainingTimeInMillis: () => 30_000 })).rejects.toMatchObject({ name: 'PayoutUnavailable' });
    expect(await find(payout)).toMatchObject({ state: 'requested' });
    expect(ended(await repeated('hold', payout))).toBe('held');
  });
});
