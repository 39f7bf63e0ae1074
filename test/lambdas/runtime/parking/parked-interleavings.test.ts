import fc from 'fast-check';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { DynamoDbParking } from '../../../../lambdas/runtime/parking/dynamodb-parking';
import { DynamoDbParkedEntries } from '../../../../lambdas/runtime/parking/parked-entries';
import { type DiscardOutcome, ParkedOperations, type RetryOutcome } from '../../../../lambdas/runtime/parking/parked-operations';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { decodePaymentRecord, encodePaymentRecord } from '../../../../lambdas/runtime/payment/payment-codec';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { LedgerModel } from '../ledger/ledger-model';
import { ManualClock } from '../support/manual-clock';
import { newMerchant, payment } from '../support/payments';
import { Crash, Interleaving, type Turn } from './interleaving';

const KEY = 'k';
const WAIT = 300;

/** A worker that parks and applies, and operators that retry and discard, in every order, with crashes. */
describe('parked entries, whatever happens between two calls', () => {
  let engine: Dynoxide;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('parking');
  });
  afterAll(() => engine.stop());

  const plan = fc.record({
    retries: fc.integer({ min: 1, max: 2 }),
    discards: fc.boolean(),
    /** Another payment with the same key on its way. */
    rival: fc.boolean(),
    /** Turns of the worker after which it can apply the payment. */
    brokenFor: fc.integer({ min: 0, max: 12 }),
    /** The operator's call in which it crashes, and whether that call still takes effect. */
    crash: fc.option(fc.record({ call: fc.integer({ min: 1, max: 9 }), effect: fc.boolean() })),
  });

  it('never loses a payment, never applies it twice, and reports the truth', async () => {
    const kinds = new Set<string>();
    await fc.assert(fc.asyncProperty(plan, fc.infiniteStream(fc.nat(10_000)), async (given, choices) => {
      const choose = (below: number): number => choices.next().value! % below;
      const world = new World(engine, choose, given.brokenFor);
      await world.parkFirst();
      if (given.rival) {
        world.stream.push(world.rival);
      }
      const actors = new Interleaving();
      for (let index = 0; index < given.retries; index++) {
        actors.start(`retry ${index}`, (turn) => world.retry(turn, index === 0 ? given.crash : null));
      }
      if (given.discards) {
        actors.start('discard', (turn) => world.discard(turn));
      }
      actors.start('worker', (turn) => world.work(turn, 16));
      await actors.run(choose, () => world.expectSafe());
      world.outcomes.forEach(({ kind }) => kinds.add(kind));

      // Quiet at last: the worker is mended, takes what is left in the stream, and an operator tries once more.
      world.brokenFor = 0;
      const end = new Interleaving();
      end.start('worker', (turn) => world.work(turn, world.stream.length + 4));
      end.start('retry', async (turn) => {
        for (let left = world.stream.length + 6; left > 0; left--) {
          await turn();
        }
        await world.retry(turn, null);
      });
      await end.run(choose, () => world.expectSafe());
      await world.expectSettled(given.retries === 1);
    }), { numRuns: 100, endOnFailure: true });
    // The property has seen what it is about.
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['conflict', 'not-settled', 'parked-again', 'settled']));
  }, 120_000);
});

class World {
  public readonly merchantId = newMerchant();
  public readonly first: PaymentRecord = payment(this.merchantId, KEY);
  public readonly rival: PaymentRecord = payment(this.merchantId, KEY, { amount: 7 });
  public readonly stream: PaymentRecord[] = [this.first];
  public readonly outcomes: (RetryOutcome | DiscardOutcome)[] = [];
  private readonly ledger = new LedgerModel(1e12);
  private readonly applied: PaymentRecord[] = [];
  private discarded = false;
  private readonly clock = new ManualClock();

  public constructor(private readonly engine: Dynoxide, private readonly choose: (below: number) => number, public brokenFor: number) {}

  /** The first delivery of the payment, by a worker that cannot apply it. */
  public async parkFirst(): Promise<void> {
    await this.parking(this.engine.client).park(this.entry(0));
  }

  /** Delivers records of the stream, earlier ones again at times, as a stream does. */
  public async work(turn: Turn, deliveries: number): Promise<void> {
    const parking = this.parking(this.gated(turn));
    for (let checkpoint = 0; deliveries > 0; deliveries--) {
      await turn();
      const at = checkpoint >= this.stream.length || this.choose(4) === 0 ? this.choose(this.stream.length) : checkpoint++;
      if (this.brokenFor-- > 0) {
        await parking.park(this.entry(at));
      } else if (this.ledger.apply(this.stream[at], false).kind === 'applied') {
        this.applied.push(this.stream[at]);
      }
    }
  }

  public async retry(turn: Turn, crash: { call: number; effect: boolean } | null): Promise<void> {
    this.note(await this.operations(turn, crash).retry({ merchantId: this.merchantId, idempotencyKey: KEY }));
  }

  public async discard(turn: Turn): Promise<void> {
    await turn();
    this.note(await this.operations(turn, null).discard({ merchantId: this.merchantId, idempotencyKey: KEY }, 'someone', 'not wanted'));
  }

  /** The payment is in the ledger or in its entry, or both; and it is that payment, unless another one was applied under its key. */
  public async expectSafe(): Promise<void> {
    expect(this.applied.length).toBeLessThanOrEqual(1);
    if (this.applied.length === 0) {
      const { Item: item } = await this.engine.client.call<{ Item?: Item }>('GetItem', {
        TableName: 'parking', Key: { pk: { S: `merchant#${this.merchantId}` }, sk: { S: KEY } },
      });
      expect(decodePaymentRecord(Buffer.from(item!.payload.B!, 'base64'))).toEqual(this.first);
      expect(item!.reason.S).toBe('it cannot be stored');
    }
  }

  public async expectSettled(isOnlyRetry: boolean): Promise<void> {
    const found = await this.parking(this.engine.client).find(this.merchantId, KEY);
    expect(found?.discard !== undefined).toBe(this.discarded);
    if (this.discarded && isOnlyRetry && found?.retriedAt !== undefined) {
      // It was on its way when it was discarded, which is allowed only where it could no longer take effect.
      expect(this.applied[0].amount).toBe(this.rival.amount);
    }
    if (!this.discarded) {
      expect(this.applied).toHaveLength(1);
      expect(found === undefined).toBe(this.applied[0].amount === this.first.amount);
    }
  }

  private note(outcome: RetryOutcome | DiscardOutcome): void {
    this.outcomes.push(outcome);
    this.discarded ||= outcome.kind === 'discarded';
    if (outcome.kind === 'settled') {
      expect(this.applied[0].amount).toBe(this.first.amount);
    } else if (outcome.kind === 'conflict') {
      expect(this.applied[0].amount).toBe(this.rival.amount);
    } else if (outcome.kind === 'parked-again') {
      expect(outcome.reason).toBe('it cannot be stored');
    }
  }

  private entry(at: number) {
    const record = this.stream[at];
    return {
      merchantId: record.merchantId, idempotencyKey: record.idempotencyKey, reason: 'it cannot be stored', schema: 'payment.v1.Payment',
      payload: encodePaymentRecord(record), source: { shardId: 'shardId-0', sequenceNumber: String(at), index: 0 }, parkedAt: this.clock.now(),
    };
  }

  private parking(dynamodb: AwsCaller): DynamoDbParking {
    return new DynamoDbParking({ dynamodb, table: 'parking', retry: new RetryPolicy({ clock: this.clock }) });
  }

  private operations(turn: Turn, crash: { call: number; effect: boolean } | null): ParkedOperations {
    let calls = 0;
    /** Every effect of an operator is a turn of its own, and may be its last. */
    const step = async <Value>(effect: () => Promise<Value>): Promise<Value> => {
      await turn();
      calls++;
      if (calls === crash?.call && !crash.effect) {
        throw new Crash();
      }
      const value = await effect();
      if (calls === crash?.call) {
        throw new Crash();
      }
      return value;
    };
    const dynamodb: AwsCaller = { call: (operation, input) => step(() => this.engine.client.call(operation, input)) };
    return new ParkedOperations({
      entries: new DynamoDbParkedEntries({ dynamodb, table: 'parking', retry: new RetryPolicy({ clock: this.clock }) }),
      ledger: { find: (merchantId, key) => step(async () => this.ledger.find(merchantId, key) as never) },
      stream: { put: (data) => step(async () => { this.stream.push(decodePaymentRecord(data) as PaymentRecord); }) },
      clock: { now: () => this.clock.now(), sleep: (milliseconds) => step(() => this.clock.sleep(milliseconds)) },
    }, { waitMilliseconds: WAIT, memoryMilliseconds: 14 * 24 * 60 * 60_000 });
  }

  private gated(turn: Turn): AwsCaller {
    return {
      call: async (operation, input) => {
        await turn();
        return this.engine.client.call(operation, input);
      },
    };
  }
}
