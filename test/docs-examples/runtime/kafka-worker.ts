import { EmbeddedMetrics, LogProducer, LogWorker, Logger, MemoryRecordLog } from '../../../lambdas/runtime';

// In a pod: `new KafkaGroup({ brokers, tls: 'system', token: new MskIamToken({ region, credentials }).token, topic, group })`, and a `KafkaWriter`.
const log = new MemoryRecordLog({ partitions: 4 });
const producer = new LogProducer({ log, topic: 'payments' });
const durable = Promise.all(['a', 'b', 'c'].map((text) => new Promise((told) => { producer.offer(Buffer.from(text), told); })));

let sum = 0;
let outages = 1;
const worker = new LogWorker({
  group: log.group('workers'),
  // How many of the first records are done. What is not comes again.
  settle: async (records) => {
    if (outages-- > 0) {
      return 0;
    }
    sum += records.length;
    return records.length;
  },
  metrics: new EmbeddedMetrics({ functionName: 'example', write: () => undefined }),
  logger: new Logger({ write: () => undefined }),
});

async function run(): Promise<unknown> {
  const [first] = await durable as { kind: string }[];
  void worker.run();
  while (log.group('workers').committed.size === 0) {
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  await worker.drain();
  return [first.kind, sum, [...log.group('workers').committed.values()]];
}

export const answer = run(); // ["durable",1,[1]]
