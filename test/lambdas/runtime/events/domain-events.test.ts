import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/json-client';
import { readDeliveredEvent, UnreadableEventError } from '../../../../lambdas/runtime/events/delivered-event';
import { type DomainEvent, domainEventId, EventBridgeDomainEvents } from '../../../../lambdas/runtime/events/domain-events';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';

type Entry = { readonly EventBusName: string; readonly Source: string; readonly DetailType: string; readonly Detail: string; readonly Time: number };

function event(idempotencyKey: string, others: Partial<DomainEvent> = {}): DomainEvent {
  return { type: 'payout.settled', merchantId: 'm', idempotencyKey, amount: 5, currency: 'EUR', occurredAt: 1_700_000_000_500, ...others };
}

/** A bus that answers each call as it is told. */
function bus(answers: ((entries: readonly Entry[]) => object)[] = []) {
  const calls: (readonly Entry[])[] = [];
  const events = new EventBridgeDomainEvents({
    events: {
      call: async <Output>(operation: string, input: object) => {
        expect(operation).toBe('PutEvents');
        const { Entries: entries } = input as { Entries: readonly Entry[] };
        calls.push(entries);
        const takeAll = () => ({ Entries: entries.map((_, index) => ({ EventId: String(index) })) });
        return (answers.shift() ?? takeAll)(entries) as Output;
      },
    },
    eventBusName: 'bus',
    retry: new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 3 }),
  });
  return { calls, events };
}

describe('domain events', () => {
  it('go to the bus with their type and an id that names them', async () => {
    const { calls, events } = bus();
    expect(await events.publish([event('k/1', { reason: 'late' })])).toEqual([true]);
    expect(calls[0][0]).toMatchObject({ EventBusName: 'bus', Source: 'high-throughput.payments', DetailType: 'payout.settled', Time: 1_700_000_000 });
    expect(JSON.parse(calls[0][0].Detail)).toEqual({
      id: 'payout.settled:m:k%2F1', merchantId: 'm', idempotencyKey: 'k/1', amount: 5, currency: 'EUR', occurredAt: 1_700_000_000_500, reason: 'late',
    });
    expect(domainEventId(event('a:b'))).not.toBe(domainEventId(event('b', { merchantId: 'm:a' })));
  });

  it('go ten a call, and fewer where they are large', async () => {
    const { calls, events } = bus();
    await events.publish(Array.from({ length: 23 }, (_, index) => event(`k${index}`)));
    expect(calls.map((entries) => entries.length)).toEqual([10, 10, 3]);
    calls.length = 0;
    await events.publish(Array.from({ length: 4 }, (_, index) => event(`k${index}`, { reason: 'x'.repeat(100_000) })));
    expect(calls.map((entries) => entries.length)).toEqual([2, 2]);
  });

  it('go again where the bus did not take them, and those alone', async () => {
    const { calls, events } = bus([
      () => ({ Entries: [{ EventId: '0' }, { ErrorCode: 'ThrottlingException' }, { ErrorCode: 'MalformedDetail' }] }),
    ]);
    expect(await events.publish([event('a'), event('b'), event('c')])).toEqual([true, true, false]);
    expect(calls[1].map(({ Detail }) => JSON.parse(Detail).idempotencyKey)).toEqual(['b']);
  });

  it('go again after a lost answer, and are given up after a refusal', async () => {
    const lost = bus([() => { throw new AwsConnectionError('lost'); }]);
    expect(await lost.events.publish([event('a')])).toEqual([true]);
    expect(lost.calls).toHaveLength(2);
    const refused = bus([() => { throw new AwsServiceError('AccessDeniedException', 400, 'no'); }]);
    expect(await refused.events.publish([event('a')])).toEqual([false]);
    const down = bus(Array.from({ length: 3 }, () => () => { throw new AwsConnectionError('down'); }));
    expect(await down.events.publish([event('a')])).toEqual([false]);
    expect(down.calls).toHaveLength(3);
  });
});

describe('a delivered event', () => {
  const detail = { id: 'i', merchantId: 'm', idempotencyKey: 'k', amount: 5, currency: 'EUR', occurredAt: 1 };

  it('is read from the envelope of a rule', () => {
    expect(readDeliveredEvent(JSON.stringify({ 'version': '0', 'detail-type': 'payout.settled', detail }))).toEqual({ ...detail, type: 'payout.settled' });
    expect(readDeliveredEvent(JSON.stringify({ 'detail-type': 'of.tomorrow', 'detail': { ...detail, reason: 'r' } }))).toMatchObject({ type: 'of.tomorrow', reason: 'r' });
  });

  it.each(['', 'null', '[]', '{}', JSON.stringify({ 'detail-type': 'a' }), JSON.stringify({ 'detail-type': 'a', 'detail': { ...detail, amount: '5' } })])(
    'is none in %s', (body) => {
      expect(() => readDeliveredEvent(body)).toThrow(UnreadableEventError);
    });
});
