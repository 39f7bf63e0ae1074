import type { Outcome, SentMovement, SentPayment, SentPayout } from './outcome';

/** What an outcome is about, where that is no entry: a text that is no payment that anybody could have acknowledged, or a payout. */
const NONE = '';
const PAYOUT = 'payout';

type Value = string | number | boolean | null | undefined;

/**
 * Gathers outcomes into lines of JSON: one flat array of values, without a name for each. There are ten thousand payments a second, and names would
 * be most of what is written and read of them.
 */
export class OutcomeLine {
  private values: Value[] = [];

  get isEmpty(): boolean {
    return this.values.length === 0;
  }

  add({ payment, movement, payout, status, scheduledAt, answeredAt, late }: Outcome): void {
    const { values } = this;
    const kind = payout !== undefined ? PAYOUT : (payment ?? movement)?.type ?? NONE;
    values.push(kind, status, scheduledAt, answeredAt, late);
    if (payment !== undefined) {
      values.push(
        payment.merchantId, payment.idempotencyKey, payment.amount, payment.currency, payment.payerId, payment.refundOf, payment.token,
      );
    } else if (movement !== undefined) {
      values.push(movement.merchantId, movement.idempotencyKey, movement.amount, movement.currency, movement.holdOf, movement.reason);
    } else if (payout !== undefined) {
      values.push(payout.merchantId, payout.idempotencyKey, payout.amount, payout.currency);
    }
  }

  /** What was added since the last time, without a line feed. */
  take(): string {
    const line = JSON.stringify(this.values);
    this.values = [];
    return line;
  }
}

/** Reads what `OutcomeLine` wrote. */
export function readOutcomes(line: string): Outcome[] {
  const values = new Values(JSON.parse(line) as Value[]);
  const outcomes: Outcome[] = [];
  while (values.areLeft) {
    const kind = values.next<string>();
    const status = values.next<number>();
    const scheduledAt = values.next<number>();
    const answeredAt = values.next<number>();
    const late = values.next<boolean>();
    if (kind === NONE) {
      outcomes.push({ status, scheduledAt, answeredAt, late });
    } else if (kind === PAYOUT) {
      outcomes.push({ payout: readPayout(values), status, scheduledAt, answeredAt, late });
    } else if (kind === 'payment' || kind === 'refund') {
      outcomes.push({ payment: readPayment(values, kind), status, scheduledAt, answeredAt, late });
    } else {
      outcomes.push({ movement: readMovement(values, kind as SentMovement['type']), status, scheduledAt, answeredAt, late });
    }
  }
  return outcomes;
}

function readPayout(values: Values): SentPayout {
  return { merchantId: values.next(), idempotencyKey: values.next(), amount: values.next(), currency: values.next() };
}

function readPayment(values: Values, type: SentPayment['type']): SentPayment {
  return {
    merchantId: values.next(), idempotencyKey: values.next(), amount: values.next(), currency: values.next(), type,
    payerId: values.next(), refundOf: values.optional(), token: values.optional(),
  };
}

function readMovement(values: Values, type: SentMovement['type']): SentMovement {
  return {
    merchantId: values.next(), idempotencyKey: values.next(), amount: values.next(), currency: values.next(), type,
    holdOf: values.optional(), reason: values.optional(),
  };
}

/** Values, one after the other; whoever asks knows what comes. */
class Values {
  private index = 0;

  constructor(private readonly all: readonly Value[]) {}

  get areLeft(): boolean {
    return this.index < this.all.length;
  }

  next<Type extends Value>(): Type {
    return this.all[this.index++] as Type;
  }

  optional(): string | undefined {
    return this.next<string | null>() ?? undefined;
  }
}
