import { BatchingSender, type BatchingSenderProps, type PendingItem } from '../../../../lambdas/runtime/producer/batching-sender';
import { ManualClock } from './manual-clock';

type Batch = PendingItem[];

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('BatchingSender', () => {
  let clock: ManualClock;
  let sent: { readonly batch: Batch; readonly end: () => void }[];
  let sender: BatchingSender<Batch, Batch>;

  function start(props: Partial<BatchingSenderProps<Batch, Batch>> = {}): void {
    clock = new ManualClock();
    sent = [];
    sender = new BatchingSender<Batch, Batch>({
      clock,
      lingerMilliseconds: 5,
      maximumPendingItems: 10,
      maximumConcurrentSends: 2,
      open: () => [],
      seal: (batch) => (batch.length > 0 ? batch : undefined),
      send: (batch) => new Promise((resolve) => { sent.push({ batch, end: resolve }); }),
      ...props,
    });
  }

  function take(bytes = 1): PendingItem {
    const payment: PendingItem = { data: new Uint8Array(bytes), settle: jest.fn() };
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
    expect(sent.map(({ batch }) => batch.length)).toEqual([2]);
    await clock.advance(5);
    expect(sent.map(({ batch }) => batch.length)).toEqual([2, 1]);
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

  it('sends no more at once than it may, in their order', async () => {
    const payments = Array.from({ length: 4 }, () => {
      const payment = take();
      sender.seal();
      return payment;
    });
    expect(sent.map(({ batch }) => batch)).toEqual([[payments[0]], [payments[1]]]);
    sent[1].end();
    await turn();
    expect(sent.map(({ batch }) => batch).slice(2)).toEqual([[payments[2]]]);
    sent[0].end();
    await turn();
    expect(sent.map(({ batch }) => batch).slice(3)).toEqual([[payments[3]]]);
  });

  it('has no bound of its own for a sender that knows one itself', () => {
    const batches: Batch[] = [];
    start({ maximumConcurrentSends: undefined, send: (batch) => { batches.push(batch); } });
    for (let batch = 0; batch < 5; batch++) {
      take();
      sender.seal();
    }
    expect(batches).toHaveLength(5);
  });

  it('is full by payments and by bytes until some are settled', () => {
    start({ maximumPendingItems: 2, maximumPendingBytes: 100 });
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
    expect(sent.map(({ batch }) => batch)).toEqual([payments]);
    sender.settle(payments[0], { kind: 'conflict' });
    await turn();
    expect(drained).not.toHaveBeenCalled();
    sender.settle(payments[1], { kind: 'settled' });
    await ended;
    expect(payments.map(({ settle }) => (settle as jest.Mock).mock.calls)).toEqual([[[{ kind: 'conflict' }]], [[{ kind: 'settled' }]]]);
  });
});
