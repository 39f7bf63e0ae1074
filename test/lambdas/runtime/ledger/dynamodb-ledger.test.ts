import fc from 'fast-check';
import { type Item, type Statement } from '../../../../lambdas/runtime/aws/dynamodb';
import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { DynamoDbLedger } from '../../../../lambdas/runtime/ledger/dynamodb-ledger';
import { RetryBudget } from '../../../../lambdas/runtime/retry/retry-budget';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { partitionKey, ShardDirectory, tableIndex } from '../../../../lambdas/runtime/sharding/shard-directory';
import { Dynoxide } from '../../../support/dynoxide';
import { MemoryTables } from '../../../support/memory-tables';
import { type Fault, FaultyCaller, LOSE, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { ACCEPTED_AT, hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { describeLedgerContract } from './ledger-contract';
import { LedgerModel } from './ledger-model';
import { REFUND_WINDOW_SECONDS, rename, runLikeModel, someSteps } from './ledger-steps';

const TABLES = ['ledger-1', 'ledger-2', 'ledger-3'];
const DIRECTORY = new ShardDirectory(3);

let engine: Dynoxide;

describeLedgerContract('DynamoDB (dynoxide, three tables, three buckets a merchant)', {
  start: async () => {
    engine = await Dynoxide.start();
    await engine.createTables(...TABLES);
  },
  stop: () => engine.stop(),
  open: ({ refundWindowSeconds }) => new DynamoDbLedger({ dynamodb: engine.client, tables: TABLES, directory: DIRECTORY, refundWindowSeconds }),
});

const memory = new MemoryTables();

describeLedgerContract('DynamoDB (our table in memory, three tables, three buckets a merchant)', {
  start: () => memory.createTables(...TABLES),
  stop: async () => undefined,
  open: ({ refundWindowSeconds }) => new DynamoDbLedger({ dynamodb: memory.client, tables: TABLES, directory: DIRECTORY, refundWindowSeconds }),
});

describe('DynamoDbLedger', () => {
  let own: Dynoxide;
  let caller: FaultyCaller;
  let clock: ManualClock;
  let ledger: DynamoDbLedger;
  let merchant: string;

  beforeAll(async () => {
    own = await Dynoxide.start();
    await own.createTables(...TABLES);
  });
  afterAll(() => own.stop());
  beforeEach(() => {
    caller = new FaultyCaller(own.client);
    clock = new ManualClock();
    ledger = open(caller);
    merchant = newMerchant();
  });

  function open(dynamodb: AwsCaller, budget = new RetryBudget({ capacity: 1_000 })): DynamoDbLedger {
    return new DynamoDbLedger({
      dynamodb, tables: TABLES, directory: DIRECTORY, refundWindowSeconds: REFUND_WINDOW_SECONDS, timeToLiveSeconds: 1_000,
      retry: new RetryPolicy({ clock, budget, maximumAttempts: 50 }),
    });
  }

  /** The row as it lies in the table. */
  async function row(key: string): Promise<Item | undefined> {
    const pk = partitionKey(DIRECTORY, merchant, key);
    const output = await own.client.call<{ Item?: Item }>('GetItem', {
      TableName: TABLES[tableIndex(pk, TABLES.length)], Key: { pk: { S: pk }, sk: { S: key } }, ConsistentRead: true,
    });
    return output.Item;
  }

  /** Spoils only the first call of an operation. */
  function once(operation: string, fault: Fault): void {
    let done = false;
    caller.decide = (called) => {
      if (called !== operation || done) {
        return PASS;
      }
      done = true;
      return fault;
    };
  }

  function cancelled(...reasons: object[]): Fault {
    return { kind: 'fail', error: new AwsServiceError('TransactionCanceledException', 400, '', { CancellationReasons: reasons }) };
  }

  it('stores rows with the attributes that others read', async () => {
    // Written long after it was accepted, and kept from then on.
    clock.time = ACCEPTED_AT + 50_000;
    await ledger.applyPayments([payment(merchant, 'k')]);
    clock.time += 5;
    await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 30, cardToken: 'tok_2' }));
    const settledAt = clock.time - 5;
    expect(await row('k')).toEqual({
      pk: { S: partitionKey(DIRECTORY, merchant, 'k') }, sk: { S: 'k' }, type: { S: 'payment' }, amount: { N: '100' }, currency: { S: 'EUR' },
      payer: { S: 'payer-1' }, token: { S: 'tok_1' }, status: { S: 'applied' }, refundable: { N: '70' },
      acceptedAt: { N: String(ACCEPTED_AT) }, settledAt: { N: String(settledAt) }, expiresAt: { N: String(Math.floor(settledAt / 1_000) + 1_000) },
    });
    expect(await row('r')).toEqual({
      pk: { S: partitionKey(DIRECTORY, merchant, 'r') }, sk: { S: 'r' }, type: { S: 'refund' }, amount: { N: '30' }, currency: { S: 'EUR' },
      payer: { S: 'payer-1' }, token: { S: 'tok_2' }, refundOf: { S: 'k' }, status: { S: 'applied' },
      acceptedAt: { N: String(ACCEPTED_AT) }, settledAt: { N: String(clock.time) }, expiresAt: { N: String(Math.floor(clock.time / 1_000) + 1_000) },
    });
    await ledger.applyRefund(refund(merchant, 'r2', 'k'));
    expect(await row('r2')).toMatchObject({ status: { S: 'rejected' }, reason: { S: 'exceeds_payment' } });
    expect(await row('r2')).not.toHaveProperty('refundable');
  });

  it('stores movements with the attributes that others read, and keeps a hold until nothing is left of it', async () => {
    clock.time = ACCEPTED_AT + 50_000;
    const settledAt = { N: String(clock.time) };
    const acceptedAt = { N: String(ACCEPTED_AT) };
    await ledger.applyHolds([hold(merchant, 'h', { reason: 'payout', traceParent: 't-1' })]);
    const held = {
      pk: { S: partitionKey(DIRECTORY, merchant, 'h') }, sk: { S: 'h' }, type: { S: 'hold' }, amount: { N: '100' }, currency: { S: 'EUR' },
      status: { S: 'applied' }, holdable: { N: '100' }, movementReason: { S: 'payout' }, trace: { S: 't-1' }, acceptedAt, settledAt,
    };
    expect(await row('h')).toEqual(held);

    await ledger.applyHoldEnd(holdEnd(merchant, 'e1', 'h', { amount: 30, traceParent: 't-2' }));
    expect(await row('h')).toEqual({ ...held, holdable: { N: '70' } });
    const expiresAt = { N: String(Math.floor(clock.time / 1_000) + 1_000) };
    expect(await row('e1')).toEqual({
      pk: { S: partitionKey(DIRECTORY, merchant, 'e1') }, sk: { S: 'e1' }, type: { S: 'release' }, amount: { N: '30' }, currency: { S: 'EUR' },
      holdOf: { S: 'h' }, status: { S: 'applied' }, trace: { S: 't-2' }, acceptedAt, settledAt, expiresAt,
    });
    await ledger.applyHoldEnd(holdEnd(merchant, 'e2', 'h', { type: 'settle', amount: 70, reason: 'payout' }));
    expect(await row('h')).toEqual({ ...held, holdable: { N: '0' }, expiresAt });
    expect(await row('e2')).toMatchObject({ type: { S: 'settle' }, movementReason: { S: 'payout' } });
    await ledger.applyHoldEnd(holdEnd(merchant, 'e3', 'h', { amount: 1 }));
    expect(await row('e3')).toMatchObject({ status: { S: 'rejected' }, reason: { S: 'exceeds_hold' }, expiresAt });
    expect(await row('h')).toEqual({ ...held, holdable: { N: '0' }, expiresAt });
  });

  it('ends a whole hold with one transaction, a part of it with two', async () => {
    await ledger.applyHolds([hold(merchant, 'whole'), hold(merchant, 'part')]);
    await ledger.applyHoldEnd(holdEnd(merchant, 'e1', 'whole'));
    expect(caller.count('TransactWriteItems')).toBe(1);
    await ledger.applyHoldEnd(holdEnd(merchant, 'e2', 'part', { amount: 99 }));
    expect(caller.count('TransactWriteItems')).toBe(3);
    expect(clock.sleeps).toEqual([]);
  });

  it('stores the trace of a payment, and nothing of what the API knows besides', async () => {
    await ledger.applyPayments([payment(merchant, 'k', { traceParent: 't-1', enrichment: { merchantCell: '851f1d47fffffff' } })]);
    expect(await row('k')).toMatchObject({ trace: { S: 't-1' } });
    expect(JSON.stringify(await row('k'))).not.toContain('851f');
    expect(await ledger.applyPayments([payment(merchant, 'k')])).toEqual([{ kind: 'duplicate', conflict: false }]);
  });

  it('changes no row for a conflict where it is not to count them', async () => {
    const insertsOnly = new DynamoDbLedger({ dynamodb: caller, tables: TABLES, directory: DIRECTORY, countsConflicts: false });
    expect(await insertsOnly.applyHolds([hold(merchant, 'k', { amount: 5 })])).toEqual([{ kind: 'applied' }]);
    const before = await row('k');
    caller.decide = (operation) => {
      expect(['BatchExecuteStatement', 'BatchGetItem']).toContain(operation);
      return PASS;
    };
    expect(await insertsOnly.applyHolds([hold(merchant, 'k', { amount: 6 }), hold(merchant, 'k', { amount: 5 })]))
      .toEqual([{ kind: 'duplicate', conflict: true }, { kind: 'duplicate', conflict: false }]);
    expect(await row('k')).toEqual(before);
  });

  it('counts conflicts on the row, and nothing else', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    const before = await row('k');
    const other = payment(merchant, 'k', { amount: 1 });
    await ledger.applyPayments([other, other, payment(merchant, 'k')]);
    await ledger.applyRefund(refund(merchant, 'k', 'x'));
    expect(await row('k')).toEqual({ ...before, conflicts: { N: '3' } });
  });

  it('sends 25 statements a call', async () => {
    await ledger.applyPayments(Array.from({ length: 60 }, (_, index) => payment(merchant, `k${index}`)));
    const sizes = caller.calls.map(({ input }) => (input.Statements as Statement[]).length);
    expect(sizes.sort((a, b) => b - a)).toEqual([25, 25, 10]);
  });

  describe('when an answer is lost', () => {
    it('does not count its own insert as a duplicate', async () => {
      once('BatchExecuteStatement', LOSE);
      const paid = Array.from({ length: 3 }, (_, index) => payment(merchant, `k${index}`));
      expect((await ledger.applyPayments(paid)).map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied']);
      expect(caller.count('BatchExecuteStatement')).toBe(2);
    });

    it('ends a hold once', async () => {
      await ledger.applyHolds([hold(merchant, 'h')]);
      once('TransactWriteItems', LOSE);
      expect(await ledger.applyHoldEnd(holdEnd(merchant, 'e', 'h', { amount: 100 }))).toEqual({ kind: 'applied' });
      expect((await row('h'))?.holdable).toEqual({ N: '0' });
    });

    it('still counts what was inserted before, by another request or by an earlier delivery of this one', async () => {
      await open(own.client).applyPayments([payment(merchant, 'k', { acceptedAt: ACCEPTED_AT - 1 }), payment(merchant, 'l')]);
      clock.time += 1;
      once('BatchExecuteStatement', LOSE);
      expect(await ledger.applyPayments([payment(merchant, 'k'), payment(merchant, 'l')]))
        .toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'duplicate', conflict: false }]);
    });

    it('refunds once', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      once('TransactWriteItems', LOSE);
      expect(await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 60 }))).toEqual({ kind: 'applied' });
      expect((await row('k'))?.refundable).toEqual({ N: '40' });
      once('PutItem', LOSE);
      expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 60 }))).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
    });
  });

  describe('when statements fail alone', () => {
    it.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict', 'InternalServerError', 'RequestLimitExceeded'])(
      'tries those with %s again, after a wait, and no others', async (code) => {
        once('BatchExecuteStatement', {
          kind: 'run',
          run: async (target) => {
            const statements = caller.calls[0].input.Statements as Statement[];
            const output = await target.call<{ Responses: object[] }>('BatchExecuteStatement', { Statements: [statements[0], statements[2]] });
            return { Responses: [output.Responses[0], { Error: { Code: code } }, output.Responses[1]] };
          },
        });
        const paid = ['a', 'b', 'c'].map((key) => payment(merchant, key));
        expect((await ledger.applyPayments(paid)).map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied']);
        expect(caller.calls.map(({ input }) => (input.Statements as Statement[]).length)).toEqual([3, 1]);
        expect(clock.sleeps).toHaveLength(1);
      });

    it('parks what the table calls invalid, and leaves what it refuses for another reason for later', async () => {
      const responses = [{ Error: { Code: 'ValidationError', Message: 'no' } }, { Error: { Code: 'AccessDenied' } }, {}];
      caller.decide = (_operation, input) => ({
        kind: 'run',
        run: async () => ({ Responses: responses.slice(0, (input.Statements as Statement[]).length) }),
      });
      const paid = ['a', 'b', 'c'].map((key) => payment(merchant, key));
      expect((await ledger.applyPayments([...paid, paid[0]])).map(({ kind }) => kind))
        .toEqual(['impossible', 'unavailable', 'applied', 'impossible']);
    });

    it('isolates a payment for which the whole call is refused', async () => {
      caller.decide = (_operation, input) => (JSON.stringify(input).includes('bad')
        ? { kind: 'fail', error: new AwsServiceError('ValidationException', 400, 'malformed') }
        : PASS);
      const paid = ['a', 'bad', 'c'].map((key) => payment(merchant, key));
      expect((await ledger.applyPayments(paid)).map(({ kind }) => kind)).toEqual(['applied', 'impossible', 'applied']);
    });
  });

  it('inserts again what expired between the duplicate and the look at it', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    const pk = partitionKey(DIRECTORY, merchant, 'k');
    once('BatchGetItem', {
      kind: 'run',
      run: async (target) => {
        await target.call('DeleteItem', { TableName: TABLES[tableIndex(pk, TABLES.length)], Key: { pk: { S: pk }, sk: { S: 'k' } } });
        return { Responses: {} };
      },
    });
    expect(await ledger.applyPayments([payment(merchant, 'k', { amount: 5 })])).toEqual([{ kind: 'applied' }]);
    expect((await row('k'))?.amount).toEqual({ N: '5' });
  });

  it('reads on when keys were left unprocessed', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    once('BatchGetItem', {
      kind: 'run',
      run: async () => ({ Responses: {}, UnprocessedKeys: { [TABLES[0]]: { Keys: [{ pk: { S: 'x' }, sk: { S: 'y' } }] } } }),
    });
    expect(await ledger.applyPayments([payment(merchant, 'k')])).toEqual([{ kind: 'duplicate', conflict: false }]);
  });

  it('answers that it is unavailable when the dependency stays down, with a bounded number of calls', async () => {
    caller.decide = () => ({ kind: 'fail', error: new AwsConnectionError('down') });
    const impatient = open(caller, new RetryBudget({ capacity: 10 }));
    const paid = Array.from({ length: 100 }, (_, index) => payment(merchant, `k${index}`));
    const outcomes = await impatient.applyPayments([...paid, paid[0]]);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['unavailable']));
    // Four calls at first, and twice four of the ten retries that the budget allows.
    expect(caller.calls).toHaveLength(12);
    expect((await impatient.applyRefund(refund(merchant, 'r', 'k1'))).kind).toBe('unavailable');
  });

  it('answers that it is unavailable when a conflict could not be counted', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    caller.decide = (operation) => (operation === 'UpdateItem' ? { kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, '') } : PASS);
    expect((await ledger.applyPayments([payment(merchant, 'k', { amount: 1 })]))[0].kind).toBe('unavailable');
    expect((await ledger.applyRefund(refund(merchant, 'k', 'x'))).kind).toBe('unavailable');
  });

  describe('when a refund meets another transaction', () => {
    beforeEach(() => ledger.applyPayments([payment(merchant, 'k')]));

    it.each([
      ['on the payment', [{ Code: 'None' }, { Code: 'TransactionConflict' }]],
      ['on its own row', [{ Code: 'TransactionConflict' }, { Code: 'None' }]],
      // Without the conflict this would read as a payment that is not there.
      ['beside a failed condition', [{ Code: 'TransactionConflict' }, { Code: 'ConditionalCheckFailed' }]],
      ['while it is throttled', [{ Code: 'None' }, { Code: 'ThrottlingError' }]],
    ])('%s it tries again', async (_where, reasons) => {
      once('TransactWriteItems', cancelled(...reasons));
      expect(await ledger.applyRefund(refund(merchant, 'r', 'k'), { waitIsOver: true })).toEqual({ kind: 'applied' });
      expect(clock.sleeps).toHaveLength(1);
    });

    it('that goes on and on it is unavailable, and nothing else', async () => {
      caller.decide = () => cancelled({ Code: 'None' }, { Code: 'TransactionConflict' });
      expect((await ledger.applyRefund(refund(merchant, 'r', 'k'), { waitIsOver: true })).kind).toBe('unavailable');
      expect(await row('r')).toBeUndefined();
    });

    it('or an invalid item it is impossible', async () => {
      caller.decide = () => cancelled({ Code: 'ValidationError', Message: 'no' }, { Code: 'None' });
      expect(await ledger.applyRefund(refund(merchant, 'r', 'k'))).toEqual({ kind: 'impossible', reason: 'ValidationError: no' });
    });
  });

  it('ends where the model ends when calls are lost, refused or half done, as long as it is asked again', async () => {
    const faults = fc.infiniteStream(fc.constantFrom('pass', 'pass', 'pass', 'lose', 'throttle', 'lose-before', 'half'));
    await fc.assert(fc.asyncProperty(someSteps, faults, async (drawn, stream) => {
      caller.decide = (operation, input) => {
        switch (stream.next().value) {
          case 'lose': return LOSE;
          case 'throttle': return { kind: 'fail', error: new AwsServiceError('ThrottlingException', 400, '') };
          case 'lose-before': return { kind: 'fail', error: new AwsConnectionError('reset') };
          case 'half': return operation === 'BatchExecuteStatement' ? halfDone(input.Statements as Statement[]) : PASS;
          default: return PASS;
        }
      };
      // A small budget, so that calls also fail for good and have to be made again.
      const flaky = open(caller, new RetryBudget({ capacity: 2, depositPerSuccess: 1 }));
      const model = new LedgerModel(REFUND_WINDOW_SECONDS * 1_000);
      for (const step of rename(drawn, `${newMerchant()}-`)) {
        // What was stored in an earlier millisecond is known to be an earlier call's work.
        clock.time += 1;
        await runLikeModel(flaky, model, step);
      }
      for (const { record } of model.records) {
        const { settledAt: _, acceptedAt: __, ...entry } = await open(own.client).find(record.merchantId, record.idempotencyKey) as object & {
          settledAt: number; acceptedAt: number;
        };
        expect(model.find(record.merchantId, record.idempotencyKey)).toMatchObject(entry);
      }
    }), { numRuns: 40, endOnFailure: true });
  }, 60_000);
});

/** Every second statement takes effect, the others are throttled. */
function halfDone(statements: readonly Statement[]): Fault {
  return {
    kind: 'run',
    run: async (target) => {
      const chosen = statements.filter((_, index) => index % 2 === 0);
      const { Responses: responses } = await target.call<{ Responses: object[] }>('BatchExecuteStatement', { Statements: chosen });
      return { Responses: statements.map((_, index) => (index % 2 === 0 ? responses[index / 2] : { Error: { Code: 'ThrottlingError' } })) };
    },
  };
}
