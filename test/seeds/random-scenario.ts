import { POISON_KEY_PREFIX } from '../../local/faults';
import type { Movement } from '../../lambdas/runtime/payment/movement';
import type { ClientPayment } from '../../local/load/payment-mix';
import { SeededRandom } from '../../local/random/seeded-random';
import type { FunctionName, KillMoment, Mode, PlannedFault, PlannedRequest, Scenario, SystemConfiguration } from './scenario';

const CURRENCIES = ['EUR', 'USD'];
/** Victims of the faults of all seeds; those of the archiver are drawn by themselves. */
const FUNCTIONS: readonly FunctionName[] = ['payment-worker', 'balance-projector', 'refund-worker'];
const MOMENTS: readonly KillMoment[] = ['inside', 'after-effects'];
/** The merchant with more buckets than the others: its rows lie in several shards of a table stream. */
export const HOT_MERCHANT = 'merchant-0';

/** Makes a scenario of a seed: the same one every time. */
export function randomScenario(seed: number): Scenario {
  const random = new Draw(new SeededRandom(seed));
  const mode: Mode = random.chance(0.5) ? 'safety' : 'liveness';
  const configuration = randomConfiguration(random);
  const loadMilliseconds = random.between(5_000, 40_000);
  const requests = new Load(random, configuration, loadMilliseconds).requests();
  // In safety mode faults go on while the backlog drains.
  const faultMilliseconds = mode === 'safety' ? loadMilliseconds + 40_000 : loadMilliseconds;
  const faults = Array.from({ length: random.between(0, 14) }, () => randomFault(random, configuration, faultMilliseconds))
    .sort((a, b) => a.at - b.at);
  return withMovements(withArchiver({ seed, mode, configuration, requests, faults }, faultMilliseconds), loadMilliseconds);
}

/** Gives a half of the seeds an archiver with faults of its own, from draws of its own: what else happens in a seed stays the same. */
function withArchiver(scenario: Scenario, span: number): Scenario {
  const random = new Draw(new SeededRandom(scenario.seed ^ 0xa4c41e));
  if (random.chance(0.5)) {
    return scenario;
  }
  const configuration: SystemConfiguration = {
    ...scenario.configuration,
    archiver: {
      batchSize: random.of([5, 20, 100, 1_000]),
      batchingWindowSeconds: random.of([0, 1, 4]),
      tumblingWindowSeconds: random.of([5, 30]),
      bisect: random.chance(0.5),
    },
  };
  const faults = Array.from({ length: random.between(0, 3) }, () => archiverFault(random, configuration, span));
  return { ...scenario, configuration, faults: [...scenario.faults, ...faults].sort((a, b) => a.at - b.at) };
}

/** Gives two of three seeds holds, and what ends them, from draws of its own: the rest of the scenario stays the same. */
function withMovements(scenario: Scenario, span: number): Scenario {
  const random = new Draw(new SeededRandom(scenario.seed ^ 0x401d5));
  if (random.chance(1 / 3)) {
    return scenario;
  }
  const requests = new MovementLoad(random, scenario.configuration, span).requests();
  return { ...scenario, requests: [...scenario.requests, ...requests].sort((a, b) => a.at - b.at) };
}

function archiverFault(random: Draw, { ledgerTables }: SystemConfiguration, span: number): PlannedFault {
  const at = random.between(0, span);
  switch (random.between(0, 4)) {
    case 0:
      return { kind: 'zombie-worker', at, function: 'audit-archiver', delay: random.between(0, 60), frozen: random.between(1_000, 60_000) };
    case 1:
      return { kind: 'restart-poller', at, source: random.between(ledgerTables + 1, 2 * ledgerTables) };
    case 2:
      return { kind: 'roll-table-shards', at };
    default:
      return { kind: 'kill-worker', at, function: 'audit-archiver', moment: random.of(MOMENTS), delay: random.between(0, 60) };
  }
}

function randomConfiguration(random: Draw): SystemConfiguration {
  const refundDelaySeconds = random.between(2, 15);
  return {
    streamShards: random.between(1, 3),
    shardRecordsPerSecond: random.of([1_000, 1_000, 20, 5]),
    ledgerTables: random.between(1, 2),
    tableStreamShards: random.between(2, 4),
    buckets: random.between(1, 2),
    hotMerchantBuckets: random.between(4, 8),
    merchants: random.between(2, 6),
    apiTasks: random.between(1, 2),
    recordPayments: random.of([500, 500, 10, 2]),
    worker: {
      enhancedFanOut: random.chance(0.7),
      batchSize: random.of([1, 5, 20, 100, 1_000]),
      batchingWindowSeconds: random.of([0, 0, 1, 3]),
      parallelizationFactor: random.of([1, 1, 1, 3]),
      bisect: random.chance(0.7),
    },
    projector: {
      batchSize: random.of([5, 20, 100, 1_000]),
      batchingWindowSeconds: random.of([0, 1, 1, 4]),
      tumblingWindowSeconds: random.of([1, 5, 30]),
      bisect: random.chance(0.7),
    },
    archiver: undefined,
    refundDelaySeconds,
    refundWaitSeconds: refundDelaySeconds * random.between(1, 6),
    latency: { mean: random.of([2, 5, 20]), tail: random.of([0, 0.01, 0.03]) },
  };
}

function randomFault(random: Draw, configuration: SystemConfiguration, span: number): PlannedFault {
  const at = random.between(0, span);
  // In liveness mode too a fault that begins late ends late: what counts is the end of the last one.
  const duration = random.between(500, 12_000);
  const probability = random.of([0.05, 0.2, 0.5]);
  const name = random.of(FUNCTIONS);
  switch (random.between(0, 17)) {
    case 0:
    case 1:
      return { kind: 'kill-worker', at, function: name, moment: random.of(MOMENTS), delay: random.between(0, 60) };
    case 2:
      return { kind: 'zombie-worker', at, function: name, delay: random.between(0, 60), frozen: random.between(1_000, 60_000) };
    case 3:
      return { kind: 'slow-handler', at, duration, milliseconds: random.between(50, 3_000) };
    case 4:
      return { kind: 'throttle-function', at, duration, function: name };
    case 5:
    case 6:
      return { kind: 'kill-api', at, task: random.between(0, configuration.apiTasks - 1), moment: random.of(MOMENTS), downtime: random.between(100, 5_000) };
    case 7:
      return { kind: 'throttle-table', at, duration, factor: random.of([0.05, 0.2, 0.5]) };
    case 8:
      return { kind: 'table-unavailable', at, duration };
    case 9:
      return { kind: 'lost-answers', at, duration, probability };
    case 10:
      return { kind: 'lost-engine-answers', at, duration, probability };
    case 11:
      return { kind: 'stream-unavailable', at, duration };
    case 12:
      return { kind: random.of(['split', 'merge'] as const), at, choice: random.between(0, 1_000) };
    case 13:
      return { kind: 'roll-table-shards', at };
    case 14:
      return { kind: 'expire-iterators', at, duration, probability };
    case 15:
      return { kind: 'restart-poller', at, source: random.between(0, configuration.ledgerTables) };
    case 16:
      return { kind: 'unreadable', at, bytes: random.bytes(random.between(1, 200)).toString('base64') };
    default:
      return { kind: 'queue-duplicates', at, duration, probability };
  }
}

/** What clients ask for: payments, refunds of all kinds, repetitions of a key with the same and with another body, poison. */
class Load {
  private readonly made: ClientPayment[] = [];
  private nextKey = 1;
  private readonly poisonShare: number;
  private readonly refundShare: number;

  constructor(private readonly random: Draw, private readonly configuration: SystemConfiguration, private readonly span: number) {
    this.poisonShare = random.of([0, 0, 0.03, 0.1]);
    this.refundShare = random.of([0.05, 0.2]);
  }

  requests(): PlannedRequest[] {
    const { random } = this;
    const largest = random.of([1, 5, 30]);
    const requests: PlannedRequest[] = [];
    const total = random.between(10, 100);
    for (let count = 0; count < total;) {
      const payments = Array.from({ length: random.between(1, largest) }, () => this.payment());
      requests.push({ at: random.between(0, this.span), payments });
      count += payments.length;
    }
    // Repetitions: at once or late, to any task, with the same body or with another.
    for (const request of [...requests]) {
      if (random.chance(0.15)) {
        requests.push({ at: request.at + random.between(0, 20_000), payments: request.payments });
      }
      if (random.chance(0.1)) {
        const original = random.of(request.payments);
        requests.push({ at: request.at + random.between(0, 20_000), payments: [{ ...original, amount: original.amount + random.between(1, 50) }] });
      }
    }
    return requests.sort((a, b) => a.at - b.at);
  }

  private payment(): ClientPayment {
    const { random } = this;
    if (this.made.length > 0 && random.chance(this.refundShare)) {
      return this.refund();
    }
    const merchant = random.chance(0.5) ? 0 : random.between(0, this.configuration.merchants - 1);
    const payment: ClientPayment = {
      idempotencyKey: this.key(),
      merchantId: `merchant-${merchant}`,
      payerId: `payer-${random.between(1, 50)}`,
      amount: random.between(1, 10_000),
      currency: random.of(CURRENCIES),
      type: 'payment',
      method: { type: 'card_token', token: `tok_${random.between(1, 999)}x` },
    };
    this.made.push(payment);
    return payment;
  }

  /** Requests are sorted by time afterwards, so that a refund may well come before its payment. */
  private refund(): ClientPayment {
    const { random } = this;
    const payment = random.of(this.made);
    const kind = random.next();
    return {
      ...payment,
      idempotencyKey: this.key(),
      type: 'refund',
      refundOf: kind < 0.05 ? 'never-paid' : payment.idempotencyKey,
      amount: kind < 0.15 ? payment.amount + 1 : random.between(1, payment.amount),
      currency: kind > 0.97 ? random.of(CURRENCIES) : payment.currency,
    };
  }

  private key(): string {
    return `${this.random.chance(this.poisonShare) ? POISON_KEY_PREFIX : ''}k${this.nextKey++}`;
  }
}

/** Holds, releases and settles, in any order: before their hold, of too much, of nothing, again with the same body or with another. */
class MovementLoad {
  private readonly held: Movement[] = [];
  private nextKey = 1;
  private readonly poisonShare: number;

  constructor(private readonly random: Draw, private readonly configuration: SystemConfiguration, private readonly span: number) {
    this.poisonShare = random.of([0, 0, 0.05]);
  }

  requests(): PlannedRequest[] {
    const { random } = this;
    const requests = Array.from({ length: random.between(2, 30) }, (): PlannedRequest => ({
      at: random.between(0, this.span), payments: Array.from({ length: random.between(1, 3) }, () => this.movement()),
    }));
    for (const request of [...requests]) {
      if (random.chance(0.15)) {
        requests.push({ at: request.at + random.between(0, 20_000), payments: request.payments });
      }
      if (random.chance(0.1)) {
        const original = random.of(request.payments);
        requests.push({ at: request.at + random.between(0, 20_000), payments: [{ ...original, amount: original.amount + random.between(1, 50) }] });
      }
    }
    return requests;
  }

  private movement(): Movement {
    const { random } = this;
    if (this.held.length > 0 && random.chance(0.6)) {
      return this.end();
    }
    const merchant = random.chance(0.5) ? 0 : random.between(0, this.configuration.merchants - 1);
    const hold: Movement = {
      idempotencyKey: this.key('h'),
      merchantId: `merchant-${merchant}`,
      amount: random.between(1, 10_000),
      currency: random.of(CURRENCIES),
      type: 'hold',
      ...(random.chance(0.5) ? { reason: random.of(['payout', 'fraud.velocity']) } : undefined),
    };
    this.held.push(hold);
    return hold;
  }

  private end(): Movement {
    const { random } = this;
    const { merchantId, idempotencyKey, amount, currency } = random.of(this.held);
    const kind = random.next();
    return {
      merchantId,
      idempotencyKey: this.key('e'),
      amount: kind < 0.15 ? amount + 1 : kind < 0.5 ? amount : random.between(1, amount),
      currency: kind > 0.97 ? random.of(CURRENCIES) : currency,
      type: random.of(['release', 'settle'] as const),
      // Now and then of a payment, or of nothing.
      holdOf: kind < 0.03 ? 'k1' : kind < 0.06 ? 'never-held' : idempotencyKey,
    };
  }

  private key(kind: string): string {
    return `${this.random.chance(this.poisonShare) ? POISON_KEY_PREFIX : ''}${kind}${this.nextKey++}`;
  }
}

/** Draws of different kinds from one sequence. */
class Draw {
  constructor(private readonly random: SeededRandom) {}

  next(): number {
    return this.random.next();
  }

  between(low: number, high: number): number {
    return this.random.integer(low, high);
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.random.integer(0, values.length - 1)];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.integer(0, 255)));
  }
}
