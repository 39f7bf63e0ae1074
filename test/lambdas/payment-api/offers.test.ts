import { AcceptedPayments } from '../../../lambdas/payment-api/accepted-payments';
import { Offers } from '../../../lambdas/payment-api/offers';
import type { Payment } from '../../../lambdas/runtime/payment/payment';
import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import type { Delivery, PaymentStream } from '../../../lambdas/runtime/producer/payment-stream';

const payment = (idempotencyKey: string, amount = 1): Payment => ({
  merchantId: 'm', idempotencyKey, payerId: 'p', amount, currency: 'EUR', type: 'payment', cardToken: 't',
});
const durable = (index: number): Delivery => ({ kind: 'durable', position: { shardId: 's', sequenceNumber: '7', index } });

describe('Offers', () => {
  let taken: { readonly key: string; readonly settle: (delivery: Delivery) => void }[];
  let told: [number, unknown][];
  let room: number;
  const stream: PaymentStream = {
    isFull: false,
    offer: (data, settle, token) => {
      if (taken.length === room) {
        return false;
      }
      taken.push({ key: decodePaymentRecord(data).idempotencyKey, settle: (delivery) => settle(delivery, token as never) });
      return true;
    },
    drain: async () => undefined,
  };
  const results = {
    accepted: (number: number, place: unknown) => { told.push([number, place]); },
    refused: (number: number, reason: string) => { told.push([number, reason]); },
  };
  const offers = (count: number, accepted = new AcceptedPayments(10, Math.random)): Offers => (
    new Offers(count, stream, accepted, 1_700_000_000_000, undefined, results)
  );

  beforeEach(() => {
    taken = [];
    told = [];
    room = Infinity;
  });

  it('hands over nothing before it is told to, then all in the order of their numbers, also where numbers are left out', () => {
    const sut = offers(5);
    sut.add(3, payment('d'), undefined);
    sut.add(0, payment('a'), undefined);
    expect(taken).toEqual([]);
    sut.send();
    expect(taken.map(({ key }) => key)).toEqual(['a', 'd']);
  });

  it('tells each by its number what became of it, in whichever order that is known', () => {
    const sut = offers(4);
    ['a', 'b', 'c', 'd'].forEach((key, number) => sut.add(number, payment(key), undefined));
    sut.send();
    expect(told).toEqual([]);
    taken[2].settle(durable(5));
    taken[0].settle({ kind: 'unavailable', error: new Error('lost') });
    taken[3].settle({ kind: 'settled' });
    taken[1].settle({ kind: 'conflict' });
    expect(told).toEqual([[2, { shardId: 's', sequenceNumber: '7', index: 5 }], [0, 'unavailable'], [3, undefined], [1, 'conflict']]);
  });

  it('refuses at once what there is no room for, and goes on', () => {
    room = 1;
    const sut = offers(2);
    ['a', 'b'].forEach((key, number) => sut.add(number, payment(key), undefined));
    sut.send();
    expect(told).toEqual([[1, 'unavailable']]);
  });

  it('remembers each as soon as it is durable, not with the last one, and nothing that is not', () => {
    const accepted = new AcceptedPayments(10, Math.random);
    const first = offers(2, accepted);
    ['a', 'b'].forEach((key, number) => first.add(number, payment(key), undefined));
    first.send();
    taken[0].settle(durable(0));
    told = [];
    const second = offers(3, accepted);
    [payment('a', 2), payment('b', 2), payment('a')].forEach((other, number) => second.add(number, other, undefined));
    second.send();
    expect(told).toEqual([[0, 'conflict']]);
    expect(taken.map(({ key }) => key)).toEqual(['a', 'b', 'b', 'a']);
  });
});
