import { AwsServiceError, isThrottle } from '../aws/errors';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome, ConsistencyOptions } from '../ledger/ledger';
import { OutOfTimeError, unavailable } from '../ledger/outcomes';
import { isNotServed } from '../ledger/postgresql-errors';
import { STATEMENTS_PER_CALL } from '../limits';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { MovementRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { type Clock, type Random, systemClock } from '../retry/clock';
import { type Admission, CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker';

/** The ledger is not asked, because it was unavailable again and again. */
export class CircuitOpenError extends Error {
  public constructor() {
    super('the ledger was unavailable again and again and is left alone for a moment');
    this.name = 'CircuitOpenError';
  }
}

export interface GuardedLedgerOptions {
  readonly ledger: Ledger;
  readonly breaker: CircuitBreaker;
  /** Payments or holds of a probe. @default 25, what one call takes */
  readonly probePayments?: number;
  /** Time that a probe may take in all, in milliseconds. @default 1000 */
  readonly probeMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

const OPEN = unavailable(new CircuitOpenError());

/**
 * A ledger behind a circuit breaker: while its store keeps being unavailable, everything is answered `unavailable` at once, so that a batch is
 * given back instead of waiting for its deadline. Nothing is decided about a payment that was not asked for: `unavailable` means that it
 * is delivered again. Once per slice, refund and end of a hold, not per payment.
 */
export class GuardedLedger implements Ledger {
  private readonly ledger: Ledger;
  private readonly breaker: CircuitBreaker;
  private readonly probePayments: number;
  private readonly probeMilliseconds: number;
  private readonly clock: Pick<Clock, 'now'>;

  public constructor(options: GuardedLedgerOptions) {
    this.ledger = options.ledger;
    this.breaker = options.breaker;
    this.probePayments = options.probePayments ?? STATEMENTS_PER_CALL;
    this.probeMilliseconds = options.probeMilliseconds ?? 1_000;
    this.clock = options.clock ?? systemClock;
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.applyAll(payments, options, (some, given) => this.ledger.applyPayments(some, given));
  }

  public applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return this.applyOne(options, (given) => this.ledger.applyRefund(refund, given));
  }

  public applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.applyAll(holds, options, (some, given) => this.ledger.applyHolds(some, given));
  }

  public applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return this.applyOne(options, (given) => this.ledger.applyHoldEnd(movement, given));
  }

  /** Reads are not guarded: they are few, and their callers can wait. */
  public find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<LedgerEntry | undefined> {
    return this.ledger.find(merchantId, idempotencyKey, options);
  }

  private async applyAll<Kind>(
    records: readonly Kind[], options: ApplyOptions, apply: (some: readonly Kind[], options: ApplyOptions) => Promise<Outcome[]>,
  ): Promise<Outcome[]> {
    const admission = records.length === 0 ? undefined : this.breaker.admit();
    if (admission === undefined) {
      return records.map(() => OPEN);
    }
    if (admission.kind === 'call') {
      return this.reported(admission, options.deadline, () => apply(records, options));
    }
    const probe = records.slice(0, this.probePayments);
    const outcomes = await this.reported(admission, options.deadline, () => apply(probe, this.short(options)));
    return probe.length === records.length ? outcomes : [...outcomes, ...await this.applyAll(records.slice(probe.length), options, apply)];
  }

  private async applyOne(options: ApplyRefundOptions, apply: (options: ApplyRefundOptions) => Promise<Outcome>): Promise<Outcome> {
    const admission = this.breaker.admit();
    if (admission === undefined) {
      return OPEN;
    }
    const given = admission.kind === 'call' ? options : this.short(options);
    const [outcome] = await this.reported(admission, options.deadline, async () => [await apply(given)]);
    return outcome;
  }

  private short<Options extends ApplyOptions>(options: Options): Options {
    return { ...options, deadline: Math.min(options.deadline ?? Number.POSITIVE_INFINITY, this.clock.now() + this.probeMilliseconds) };
  }

  private async reported(
    admission: Admission, deadline = Number.POSITIVE_INFINITY, apply: () => Promise<Outcome[]>,
  ): Promise<Outcome[]> {
    const hadTime = deadline - this.clock.now() >= this.probeMilliseconds;
    try {
      const outcomes = await apply();
      const failed = failedShare(outcomes, hadTime);
      if (failed === undefined) {
        this.breaker.withdraw(admission);
      } else {
        this.breaker.report(admission, failed);
      }
      return outcomes;
    } catch (error) {
      this.breaker.withdraw(admission);
      throw error;
    }
  }
}

/**
 * The circuit breaker of a database that is gone for seconds when it restarts or fails over, and that many workers ask: a worker notices within some
 * batches, however many succeeded in the minutes before, and asks again every few seconds with one small call, each worker at moments of its own.
 * With the bounds for a service that is throttled for minutes, it would stand still for up to half a minute after the database is back.
 */
export const DATABASE_BREAKER = { windowMilliseconds: 20_000, openMilliseconds: 500, maximumOpenMilliseconds: 5_000 } as const;

/** What a guard over a worker's ledger tells and is told. */
export interface GuardPorts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now'>;
  /** @default Math.random */
  readonly random?: Random;
}

/** Puts a ledger behind a circuit breaker that counts and logs its changes. */
export function guardLedger(ledger: Ledger, ports: GuardPorts, options: Omit<CircuitBreakerOptions, 'clock' | 'random' | 'onChange'> = {}): GuardedLedger {
  const { metrics, logger, clock, random } = ports;
  const onChange = (state: 'closed' | 'open'): void => {
    metrics.count(state === 'open' ? 'LedgerCircuitOpened' : 'LedgerCircuitClosed');
    logger.sample('warn', state === 'open' ? 'the ledger is left alone' : 'the ledger is back');
  };
  return new GuardedLedger({ ledger, clock, breaker: new CircuitBreaker({ ...options, clock, random, onChange }) });
}

/**
 * The share of the outcomes that tell of an unavailable store; undefined when none of them tells anything. Throttles and conflicts tell of a
 * store that works and has too much to do: waiting between attempts helps there. So does the refusal of a shard that a merchant has left. Time that
 * ran out tells something only where there was enough of it and nothing got through.
 */
function failedShare(outcomes: readonly Outcome[], hadTime: boolean): number | undefined {
  let late = 0;
  let failed = 0;
  for (const outcome of outcomes) {
    if (outcome.kind !== 'unavailable') {
      continue;
    }
    if (outcome.error instanceof OutOfTimeError) {
      late++;
    } else if (!isThrottle(outcome.error) && !isConflict(outcome.error) && !isNotServed(outcome.error)) {
      failed++;
    }
  }
  if (late < outcomes.length) {
    return failed / (outcomes.length - late);
  }
  return hadTime ? 1 : undefined;
}

const CONFLICTS: ReadonlySet<string> = new Set([
  'TransactionConflict', 'TransactionConflictException', 'TransactionInProgressException', 'TransactionCanceledException',
]);

function isConflict(error: Error): boolean {
  return error instanceof AwsServiceError && CONFLICTS.has(error.code);
}
