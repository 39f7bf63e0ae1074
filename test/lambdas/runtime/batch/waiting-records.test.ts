import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { decodeWaitingRecord, encodeWaitingRecord, SqsRefundQueue, type WaitingRecord } from '../../../../lambdas/runtime/batch/waiting-records';
import { encodePaymentRecord, UndecodableRecordError } from '../../../../lambdas/runtime/payment/payment-codec';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { FaultyCaller, LOSE, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { hold, holdEnd, payment, refund } from '../support/payments';

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}

/** Takes messages as the service does: at most ten a call. */
class InMemoryQueue implements AwsCaller {
  public readonly bodies: string[] = [];

  public async call<Output>(_operation: string, input: object): Promise<Output> {
    const { Entries: entries } = input as { Entries: Entry[] };
    expect(entries.length).toBeLessThanOrEqual(10);
    expect(new Set(entries.map(({ Id: id }) => id)).size).toBe(entries.length);
    this.bodies.push(...entries.map(({ MessageBody: body }) => body));
    return { Successful: entries.map(({ Id: id }) => ({ Id: id })) } as Output;
  }
}

const waiting: WaitingRecord[] = Array.from({ length: 23 }, (_, index) => ({ record: refund('m', `r${index}`, 'k'), firstSeenAt: 1_000 + index }));

describe('the message of a waiting record', () => {
  it('brings back what was sent', () => {
    const strange = refund("m'😀", 'r', 'k', { cardToken: 'tok' });
    for (const each of [waiting[3], { record: strange, firstSeenAt: 0 }, { record: holdEnd('m', 'e', 'h', { reason: 'payout' }), firstSeenAt: 7 }]) {
      expect(decodeWaitingRecord(encodeWaitingRecord(each))).toEqual({ ...each, data: Buffer.from(encodePaymentRecord(each.record)) });
    }
  });

  it('keeps the bytes as they came, with fields that this version does not know', () => {
    const later = Buffer.from([0xa2, 0x06, 0x05, ...Buffer.from('later')]);
    const data = Buffer.concat([encodePaymentRecord(refund('m', 'r', 'k')), later]);
    const received = decodeWaitingRecord(encodeWaitingRecord({ record: refund('m', 'r', 'k'), firstSeenAt: 1, data }));
    expect(received).toEqual({ record: refund('m', 'r', 'k'), firstSeenAt: 1, data });
    expect(decodeWaitingRecord(encodeWaitingRecord(received))).toEqual(received);
  });

  it('has one form over all versions', () => {
    // What a worker before this version wrote, and what such a worker reads.
    const body = '{"firstSeenAt":1000,"record":"CgFtEgFyGgdwYXllci0xIGQqA0VVUjACOgFrSIDQlf+8MQ=="}';
    expect(decodeWaitingRecord(body)).toMatchObject({ record: refund('m', 'r', 'k'), firstSeenAt: 1_000 });
    expect(encodeWaitingRecord({ record: refund('m', 'r', 'k'), firstSeenAt: 1_000 })).toBe(body);
  });

  it.each([
    ['no JSON', 'x', 'not JSON'],
    ['null', 'null', 'lacks record'],
    ['no time', JSON.stringify({ record: '' }), 'lacks record or firstSeenAt'],
    ['a record that is none', JSON.stringify({ firstSeenAt: 1, record: 'AAAA' }), 'record cannot be decoded'],
    ['a payment', JSON.stringify({ firstSeenAt: 1, record: Buffer.from(encodePaymentRecord(payment('m', 'k'))).toString('base64') }), 'nothing that could wait'],
    ['a hold', JSON.stringify({ firstSeenAt: 1, record: Buffer.from(encodePaymentRecord(hold('m', 'h'))).toString('base64') }), 'nothing that could wait'],
  ])('is refused when it is %s', (_what, body, message) => {
    expect(() => decodeWaitingRecord(body)).toThrow(UndecodableRecordError);
    expect(() => decodeWaitingRecord(body)).toThrow(message);
  });
});

describe('SqsRefundQueue', () => {
  let queue: InMemoryQueue;
  let caller: FaultyCaller;
  let refunds: SqsRefundQueue;

  beforeEach(() => {
    queue = new InMemoryQueue();
    caller = new FaultyCaller(queue);
    refunds = new SqsRefundQueue({ sqs: caller, queueUrl: 'https://queue', retry: new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 3 }) });
  });

  function keysInQueue(): string[] {
    return queue.bodies.map((body) => decodeWaitingRecord(body).record.idempotencyKey).sort();
  }

  it('sends ten messages a call', async () => {
    expect(await refunds.send(waiting)).toEqual(waiting.map(() => true));
    expect(caller.calls.map(({ input }) => [input.QueueUrl, (input.Entries as Entry[]).length]))
      .toEqual([['https://queue', 10], ['https://queue', 10], ['https://queue', 3]]);
    expect(keysInQueue()).toEqual(waiting.map(({ record: { idempotencyKey } }) => idempotencyKey).sort());
    expect(await refunds.send([])).toEqual([]);
  });

  it('sends again only what failed for a reason that passes', async () => {
    let calls = 0;
    caller.decide = (_operation, input) => (calls++ > 0 ? PASS : {
      kind: 'run',
      run: async (target) => {
        await target.call('SendMessageBatch', { Entries: (input.Entries as Entry[]).slice(0, 1) });
        return {
          Successful: [{ Id: '0' }],
          Failed: [{ Id: '1', SenderFault: false, Code: 'InternalError' }, { Id: '2', SenderFault: true, Code: 'InvalidMessageContents' }],
        };
      },
    });
    expect(await refunds.send(waiting.slice(0, 3))).toEqual([true, true, false]);
    expect(keysInQueue()).toEqual(['r0', 'r1']);
  });

  it('may send twice what it does not know to be sent', async () => {
    let calls = 0;
    caller.decide = () => (calls++ === 0 ? LOSE : PASS);
    expect(await refunds.send(waiting.slice(0, 2))).toEqual([true, true]);
    expect(keysInQueue()).toEqual(['r0', 'r0', 'r1', 'r1']);
  });

  it('answers false, and does not throw, for what the queue did not take', async () => {
    caller.decide = () => ({ kind: 'fail', error: new AwsConnectionError('down') });
    expect(await refunds.send(waiting.slice(0, 2))).toEqual([false, false]);
    expect(caller.calls).toHaveLength(3);
    caller.decide = () => ({ kind: 'fail', error: new AwsServiceError('AccessDenied', 403, '') });
    expect(await refunds.send(waiting.slice(0, 1))).toEqual([false]);
    expect(caller.calls).toHaveLength(4);
  });
});
