import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { kafkaClient } from '../../../../lambdas/runtime/kafka/kafka-connection';
import { KafkaWriter, type KafkaWriterOptions } from '../../../../lambdas/runtime/kafka/kafka-writer';
import type { Timers } from '../../../../lambdas/runtime/retry/timers';
import type { KafkaEngine } from '../../../../local/engines/log';
import { connectionTo, TOPIC, until, withEngine } from '../../../local/engines/log/support';

const RECORD = { partition: 0, value: Buffer.from('payment') };

/** Time that is over when a test says so. */
class ToldTimers implements Timers {
  public readonly asked: number[] = [];
  private readonly running = new Set<() => void>();

  public get count(): number {
    return this.running.size;
  }

  public after(milliseconds: number, run: () => void): () => void {
    this.asked.push(milliseconds);
    this.running.add(run);
    return () => { this.running.delete(run); };
  }

  public expire(): void {
    const due = [...this.running];
    this.running.clear();
    due.forEach((run) => run());
  }
}

async function withWriterTo(
  options: Pick<KafkaWriterOptions, 'brokers'> & Partial<KafkaWriterOptions>, work: (writer: KafkaWriter, timers: ToldTimers) => Promise<void>,
): Promise<void> {
  const timers = new ToldTimers();
  const writer = new KafkaWriter({ tls: 'off', topic: TOPIC, timers, ...options });
  try {
    await work(writer, timers);
  } finally {
    await writer.close();
  }
}

/** Takes connections and answers nothing. */
async function withSilentBroker(work: (address: string, connections: () => number) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => { sockets.push(socket.on('error', () => undefined)); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await work(`127.0.0.1:${(server.address() as AddressInfo).port}`, () => sockets.length);
  } finally {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => { server.close(resolve); });
  }
}

const stored = (engine: KafkaEngine): number => engine.statistics().topics[0].records;
const produced = (engine: KafkaEngine): number => engine.statistics().calls.Produce ?? 0;

describe('a writer of a topic of Kafka', () => {
  it('says so when there is no such topic, before its time is over', async () => {
    await withEngine((engine) => withWriterTo({ ...connectionTo(engine), topic: 'missing' }, async (writer, timers) => {
      expect(await writer.publish([RECORD, RECORD])).toEqual([expect.any(Error), expect.any(Error)]);
      expect(timers.count).toBe(0);
    }));
  });

  it('says so when nobody listens, before its time is over', async () => {
    let address = '';
    await withSilentBroker(async (it) => { address = it; });
    await withWriterTo({ brokers: [address] }, async (writer) => {
      expect(await writer.publish([RECORD])).toEqual([expect.any(Error)]);
    });
  });

  it('answers when its time is over, though the broker does not', async () => {
    await withSilentBroker((address, connections) => withWriterTo({ brokers: [address] }, async (writer, timers) => {
      const publishing = writer.publish([RECORD]);
      await until(() => connections() === 1);
      timers.expire();
      expect(await publishing).toEqual([expect.objectContaining({ message: expect.stringContaining('no answer within 5000 ms') })]);
      expect(timers.asked).toEqual([5_000]);
    }));
  });

  it('begins with the next broker after a failure', async () => {
    await withEngine((engine) => withSilentBroker(async (address, connections) => {
      await withWriterTo({ brokers: [address, ...connectionTo(engine).brokers] }, async (writer, timers) => {
        const publishing = writer.publish([RECORD]);
        await until(() => connections() === 1);
        timers.expire();
        expect(await publishing).toEqual([expect.any(Error)]);
        expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 0 }]);
        expect(timers.count).toBe(0);
      });
    }));
  });

  it('goes on with another producer when a request was not answered in time', async () => {
    await withEngine((engine) => withWriterTo(connectionTo(engine), async (writer, timers) => {
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 0 }]);
      let isHeld = false;
      engine.armKill('produce', 'inside', () => { isHeld = true; });
      const [first, second] = [writer.publish([RECORD]), writer.publish([RECORD])];
      await until(() => isHeld);
      timers.expire();
      expect(await first).toEqual([expect.any(Error)]);
      expect(await second).toEqual([{ partition: 0, offset: 1 }]);
      expect([stored(engine), engine.statistics().calls.InitProducerId]).toEqual([2, 2]);
    }));
  });

  it('sends again under the same number what was not answered, so that it is stored once', async () => {
    await withEngine((engine) => withWriterTo(connectionTo(engine), async (writer) => {
      await writer.publish([RECORD]);
      engine.setFaults({ lostAnswers: 1 });
      const publishing = writer.publish([RECORD]);
      await until(() => engine.statistics().lostAnswers === 1);
      engine.setFaults({});
      expect(await publishing).toEqual([{ partition: 0, offset: 1 }]);
      expect([stored(engine), produced(engine)]).toEqual([2, 3]);
    }));
  });

  it('sends three times, and then leaves it to who asked', async () => {
    await withEngine((engine) => withWriterTo(connectionTo(engine), async (writer) => {
      engine.setFaults({ lostAnswers: 1 });
      expect(await writer.publish([RECORD])).toEqual([expect.any(Error)]);
      expect([stored(engine), produced(engine)]).toEqual([1, 3]);
      engine.setFaults({});
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 1 }]);
    }));
  });

  it('closes when the time for that is over, though its connections do not', async () => {
    await withEngine(async (engine) => {
      const timers = new ToldTimers();
      const writer = new KafkaWriter({ ...connectionTo(engine), topic: TOPIC, timers });
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 0 }]);
      const { Producer } = await kafkaClient();
      const { close } = Producer.prototype;
      const left: { close(): Promise<void> }[] = [];
      jest.spyOn(Producer.prototype, 'close').mockImplementation(function (this: (typeof left)[number]) {
        left.push(this);
        return new Promise<void>(() => undefined);
      } as never);
      const closing = writer.close();
      await until(() => left.length === 1 && timers.count === 1);
      timers.expire();
      await closing;
      expect(timers.asked.at(-1)).toBe(2_000);
      jest.restoreAllMocks();
      expect(Producer.prototype.close).toBe(close);
      await left[0].close();
    });
  });

  it.each([0, 1.5, 2 ** 31])('refuses to wait for %p ms', (publishMilliseconds) => {
    expect(() => new KafkaWriter({ brokers: ['b-1:9098'], tls: 'system', topic: TOPIC, publishMilliseconds }))
      .toThrow('`publishMilliseconds` must be a whole number between 1 and 2147483647');
  });
});
