import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import type { Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { OutOfTimeError } from '../../../../lambdas/runtime/ledger/outcomes';
import { CircuitBreaker } from '../../../../lambdas/runtime/resilience/circuit-breaker';
import { CircuitOpenError, GuardedLedger, guardLedger } from '../../../../lambdas/runtime/resilience/guarded-ledger';
import { FakeLedger } from '../support/fake-ports';
import { ManualClock } from '../support/manual-clock';
import { hold, holdEnd, payment, refund } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';

const down = (error: Error = new AwsConnectionError('no answer')): Outcome => ({ kind: 'unavailable', error });
const OPEN = { kind: 'unavailable', error: expect.any(CircuitOpenError) };

describe('GuardedLedger', () => {
  let clock: ManualClock;
  let ledger: FakeLedger;
  let breaker: CircuitBreaker;
  let guarded: GuardedLedger;

  beforeEach(() => {
    clock = new ManualClock();
    ledger = new FakeLedger();
    breaker = new CircuitBreaker({ clock, random: () => 0, minimumCalls: 3, openMilliseconds: 1_000 });
    guarded = new GuardedLedger({ ledger, breaker, clock });
  });

  const payments = (count: number, prefix = 'k') => Array.from({ length: count }, (_, index) => payment('m', `${prefix}${index}`));

  async function fail(outcome = down(), times = 3): Promise<void> {
    ledger.spoil = () => outcome;
    for (let time = 0; time < times; time++) {
      await guarded.applyPayments(payments(2, 'lost'));
    }
    ledger.spoil = () => undefined;
    ledger.batches.length = 0;
    ledger.asked.length = 0;
  }

  it('is the ledger itself while it works', async () => {
    expect(await guarded.applyPayments(payments(2), { deadline: 7 })).toEqual([{ kind: 'applied' }, { kind: 'applied' }]);
    expect(await guarded.applyRefund(refund('m', 'r', 'k0'), { waitIsOver: true })).toEqual({ kind: 'applied' });
    expect(ledger.options).toEqual([{ deadline: 7 }, { waitIsOver: true }]);
    expect(await guarded.find('m', 'r')).toMatchObject({ idempotencyKey: 'r' });
    expect(await guarded.applyPayments([])).toEqual([]);
  });

  it('guards holds as payments and their ends as refunds', async () => {
    expect(await guarded.applyHolds([hold('m', 'h')], { deadline: 7 })).toEqual([{ kind: 'applied' }]);
    expect(await guarded.applyHoldEnd(holdEnd('m', 'e', 'h'), { waitIsOver: true })).toEqual({ kind: 'applied' });
    expect(ledger.options).toEqual([{ deadline: 7 }, { waitIsOver: true }]);
    await fail();
    expect(await guarded.applyHolds([hold('m', 'h1'), hold('m', 'h2')])).toEqual([OPEN, OPEN]);
    expect(await guarded.applyHoldEnd(holdEnd('m', 'e2', 'h'))).toEqual(OPEN);
    expect(ledger.asked).toEqual([]);
    clock.time += 1_000;
    const many = Array.from({ length: 30 }, (_, index) => hold('m', `h${index}`));
    await guarded.applyHolds(many);
    expect(ledger.batches).toEqual([25, 5]);
  });

  it('asks a store no more that kept being unavailable, and decides nothing', async () => {
    await fail();
    expect(breaker.state).toBe('open');
    expect(await guarded.applyPayments(payments(3))).toEqual([OPEN, OPEN, OPEN]);
    expect(await guarded.applyRefund(refund('m', 'r', 'k0'))).toEqual(OPEN);
    expect(ledger.asked).toEqual([]);
    // Who asks for one payment can still be told.
    expect(await guarded.find('m', 'k0')).toBeUndefined();
  });

  it('probes with few payments and little time, and goes on with the others once they succeed', async () => {
    await fail();
    clock.time += 1_000;
    ledger.options.length = 0;
    expect(new Set((await guarded.applyPayments(payments(60), { deadline: clock.time + 9_000 })).map(({ kind }) => kind))).toEqual(new Set(['applied']));
    expect(ledger.batches).toEqual([25, 35]);
    expect(ledger.options).toEqual([{ deadline: clock.time + 1_000 }, { deadline: clock.time + 9_000 }]);
    expect(breaker.state).toBe('closed');
  });

  it('answers the others at once when the probe fails', async () => {
    await fail();
    clock.time += 1_000;
    ledger.spoil = () => down();
    const outcomes = await guarded.applyPayments(payments(60));
    expect(ledger.batches).toEqual([25]);
    expect(outcomes.slice(0, 25).every((outcome) => outcome.kind === 'unavailable' && outcome.error instanceof AwsConnectionError)).toBe(true);
    expect(outcomes.slice(25)).toEqual(Array.from({ length: 35 }, () => OPEN));
    expect(breaker.state).toBe('open');
  });

  it('lets one refund probe, and others wait', async () => {
    await guarded.applyPayments(payments(1));
    await fail();
    clock.time += 1_000;
    const outcomes = await Promise.all(['r1', 'r2'].map((key) => guarded.applyRefund(refund('m', key, 'k0', { amount: 1 }))));
    expect(outcomes).toEqual([{ kind: 'applied' }, OPEN]);
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['throttles', new AwsServiceError('ProvisionedThroughputExceededException', 400, '')],
    ['conflicts', new AwsServiceError('TransactionConflict', 400, '')],
  ])('does not take %s for an outage', async (_, error) => {
    await fail(down(error), 10);
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['a service that answers with 500', new AwsServiceError('InternalServerError', 500, '')],
    ['a missing permission', new AwsServiceError('AccessDeniedException', 400, '')],
    ['a store that is too slow for anything', new OutOfTimeError()],
  ])('takes %s for an outage', async (_, error) => {
    await fail(down(error));
    expect(breaker.state).toBe('open');
  });

  it('does not blame the store for what was begun too late', async () => {
    ledger.spoil = () => down(new OutOfTimeError());
    for (let time = 0; time < 10; time++) {
      await guarded.applyPayments(payments(1), { deadline: clock.time + 999 });
    }
    expect(breaker.state).toBe('closed');
  });

  it('does not open for a few keys', async () => {
    ledger.spoil = ({ idempotencyKey }) => (idempotencyKey < 'k4' ? down() : undefined);
    for (let time = 0; time < 10; time++) {
      await guarded.applyPayments(payments(10));
    }
    expect(breaker.state).toBe('closed');
  });

  it('hands on what a defect throws, and lets the next one probe', async () => {
    await fail();
    clock.time += 1_000;
    ledger.spoil = () => { throw new TypeError('a defect'); };
    await expect(guarded.applyPayments(payments(1))).rejects.toThrow('a defect');
    ledger.spoil = () => undefined;
    expect(await guarded.applyPayments(payments(1))).toEqual([{ kind: 'applied' }]);
  });

  it('counts and logs its changes', async () => {
    const metrics = new RecordedMetrics();
    const { logger, lines } = recordedLogger();
    guarded = guardLedger(ledger, { metrics, logger, clock, random: () => 0 });
    await fail();
    expect(metrics.counts).toEqual({ LedgerCircuitOpened: 1 });
    clock.time += 1_000;
    await guarded.applyPayments(payments(1));
    expect(metrics.counts).toEqual({ LedgerCircuitOpened: 1, LedgerCircuitClosed: 1 });
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['the ledger is left alone', 'the ledger is back']);
  });
});
