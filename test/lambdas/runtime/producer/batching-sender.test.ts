import { BatchingSender, type BatchingSenderProps, type PendingPayment } from '../../../../lambdas/runtime/producer/batching-sender';
import { ManualClock } from './manual-clock';

type Batch = PendingPayment[];

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('BatchingSender', () => {
  let clock: ManualClock;
  let sent: { readonly batches: readonly Batch[]; readonly end: () => void }[];
  let sender: BatchingSender<Batch, Batch>;

  function start(props: Partial<BatchingSenderProps<Batch, Batch>> = {}): void {
    clock = new ManualClock();
    sent = [];
    sender = new BatchingSender<Batch, Batch>({
      clock,
      lingerMilliseconds: 5,
      maximumPendingPayments: 10,
      maximumConcurrentSends: 2,
      open: () => [],
      seal: (batch) => (batch.length > 0 ? batch : undefined),
      send: (batches) => new Promise((resolve) => { sent.push({ batches, end: resolve }); }),
      ...props,
    });
  }

  function take(bytes = 1): PendingPayment {
    const payment: PendingPayment = { data: new Uint8Array(bytes), settle: jest.fn() };
    sender.batch().push(payment);
    sender.taken(payment);
    return payment;
  }

  beforeEach(() => start());

  it('sends what comes within the linger time of the first payment together', async () => {
    take();
    await clock.advance(4);
    take();
    expect(sent).toEqual([]);
    await clock.advance(1);
    take();
    expect(sent.map(({ batches }) => batches.map(({ length }) => length))).toEqual([[2]]);
    await clock.advance(5);
    expect(sent.map(({ batches }) => batches.map(({ length }) => length))).toEqual([[2], [1]]);
  });

  it('lets the timer of a batch that was full leave the next one alone', async () => {
    take();
    await clock.advance(3);
    sender.seal();
    take();
    await clock.advance(2);
    expect(sent).toHaveLength(1);
    await clock.advance(3);
    expect(sent).toHaveLength(2);
  });

  it('drops a batch that nothing was put into', async () => {
    sender.batch();
    sender.seal();
    await clock.advance(5);
    expect(sent).toEqual([]);
    await sender.drain();
  });

  it('sends no more at once than it may, in their order, and as many together as go into one call', async () => {
    start({ batchesOfSend: (sealed) => Math.min(2, sealed.length) });
    const payments = Array.from({ length: 5 }, () => {
      const payment = take();
      sender.seal();
      return payment;
    });
    expect(sent.map(({ batches }) => batches.flat())).toEqual([[payments[0]], [payments[1]]]);
    sent[1].end();
    await turn();
    expect(sent.map(({ batches }) => batches.flat()).slice(2)).toEqual([[payments[2], payments[3]]]);
    sent[0].end();
    await turn();
    expect(sent.map(({ batches }) => batches.flat()).slice(3)).toEqual([[payments[4]]]);
  });

  it('is full by payments and by bytes until some are settled', () => {
    start({ maximumPendingPayments: 2, maximumPendingBytes: 100 });
    const first = take();
    expect(sender.isFull).toBe(false);
    const second = take();
    expect(sender.isFull).toBe(true);
    sender.settle(first, { kind: 'settled' });
    expect(sender.isFull).toBe(false);
    sender.settle(second, { kind: 'settled' });
    const large = take(100);
    expect(sender.isFull).toBe(true);
    sender.settle(large, { kind: 'settled' });
    expect(sender.isFull).toBe(false);
  });

  it('drains: takes no more, sends what waits, and ends when the last payment is settled', async () => {
    const payments = [take(), take()];
    const drained = jest.fn();
    const ended = sender.drain().then(drained);
    expect(sender.isFull).toBe(true);
    expect(sent.map(({ batches }) => batches.flat())).toEqual([payments]);
    sender.settle(payments[0], { kind: 'conflict' });
    await turn();
    expect(drained).not.toHaveBeenCalled();
    sender.settle(payments[1], { kind: 'settled' });
    await ended;
    expect(payments.map(({ settle }) => (settle as jest.Mock).mock.calls)).toEqual([[[{ kind: 'conflict' }]], [[{ kind: 'settled' }]]]);
  });
});
