import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LocalAwsClient } from '../../../local/aws/local-aws-client';
import { configureQueueEventSource, type InvocationResult, QueueEventSource, type QueueEventSourceConfigurationProps } from '../../../local/event-sources';
import { FakeFunction } from './fake-function';

/** fauxqs is an ES module, so it runs in a process of its own, as it does in a local run. */
const FAUXQS = `
  import { startFauxqs } from 'fauxqs';
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  process.send(server.port);
  process.on('disconnect', () => process.exit(0));
`;

describe('QueueEventSource against fauxqs', () => {
  let child: ChildProcess;
  let endpoint: string;
  let sqs: LocalAwsClient;
  let queueUrl: string;
  let queueNumber = 0;
  let source: QueueEventSource | undefined;

  beforeAll(async () => {
    child = spawn(process.execPath, ['--input-type=module', '--eval', FAUXQS], {
      cwd: path.join(__dirname, '..', '..', '..'), stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [port] = (await once(child, 'message')) as [number];
    endpoint = `http://127.0.0.1:${port}`;
    sqs = new LocalAwsClient({ endpoint, service: 'sqs', targetPrefix: 'AmazonSQS' });
  }, 30_000);

  afterAll(async () => {
    sqs.close();
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  });

  beforeEach(async () => {
    queueNumber += 1;
    const input = { QueueName: `queue-${queueNumber}`, Attributes: { VisibilityTimeout: '1' } };
    queueUrl = (await sqs.call<{ QueueUrl: string }>('CreateQueue', input)).QueueUrl;
  });

  afterEach(async () => {
    await source?.stop();
    source = undefined;
  });

  const send = async (...bodies: string[]): Promise<void> => {
    for (let start = 0; start < bodies.length; start += 10) {
      const Entries = bodies.slice(start, start + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await sqs.call('SendMessageBatch', { QueueUrl: queueUrl, Entries });
    }
  };
  const create = (invoked: FakeFunction, props: Partial<QueueEventSourceConfigurationProps> = {}): QueueEventSource => {
    const queueArn = `arn:aws:sqs:us-east-1:000000000000:queue-${queueNumber}`;
    source = new QueueEventSource({ configuration: configureQueueEventSource({ queueArn, ...props }), endpoint, queueUrl, invoker: invoked });
    return source;
  };
  const bodies = (invoked: FakeFunction): string[] => invoked.events.flatMap(({ Records }) => Records.map((record) => String(record.body)));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      await setTimeout(5);
    }
  };

  it('delivers every message once and deletes it', async () => {
    const sent = Array.from({ length: 35 }, (_, index) => `message ${index}`);
    await send(...sent);
    const invoked = new FakeFunction();
    const started = create(invoked);
    await started.start();
    await started.untilDrained();
    expect(bodies(invoked).sort()).toEqual([...sent].sort());
    invoked.events.forEach(({ Records }) => expect(Records.length).toBeLessThanOrEqual(10));
    expect(started.counters).toMatchObject({ messagesDelivered: 35, redeliveredMessages: 0, messagesDeleted: 35 });
    expect(invoked.events[0].Records[0]).toMatchObject({
      eventSource: 'aws:sqs', awsRegion: 'us-east-1', attributes: { ApproximateReceiveCount: '1' }, md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/), messageAttributes: {},
    });
  });

  it('gathers more than ten messages within a batching window', async () => {
    await send(...Array.from({ length: 40 }, (_, index) => String(index)));
    const invoked = new FakeFunction();
    const started = create(invoked, { batchSize: 40, maximumBatchingWindowSeconds: 5 });
    await started.start();
    await until(() => invoked.events.length > 0);
    expect(invoked.events[0].Records).toHaveLength(40);
  });

  it('leaves what failed in the queue, from where it comes back', async () => {
    const answers: InvocationResult[] = [{ status: 'functionError', errorType: 'Error', message: 'planned' }, { status: 'throttled' }];
    const invoked = new FakeFunction(() => answers.shift() ?? { status: 'success', payload: null });
    await send('a');
    const started = create(invoked);
    await started.start();
    await started.untilDrained();
    expect(bodies(invoked)).toEqual(['a', 'a', 'a']);
    expect(started.counters).toMatchObject({ functionErrors: 1, throttles: 1, redeliveredMessages: 2, messagesDeleted: 1 });
  });

  it('deletes what a partial answer does not name', async () => {
    const invoked = new FakeFunction(({ Records }, number) => ({
      status: 'success',
      payload: { batchItemFailures: number > 1 ? [] : Records.filter((record) => record.body === 'b').map((record) => ({ itemIdentifier: record.messageId })) },
    }));
    await send('a', 'b', 'c');
    const started = create(invoked, { reportBatchItemFailures: true });
    await started.start();
    await started.untilDrained();
    expect(bodies(invoked).sort()).toEqual(['a', 'b', 'b', 'c']);
    expect(started.counters).toMatchObject({ partialFailures: 1, messagesDeleted: 3 });
  });

  it('runs at most maximumConcurrency invocations at a time', async () => {
    await send(...Array.from({ length: 10 }, (_, index) => String(index)));
    const invoked = new FakeFunction();
    invoked.hold = true;
    const started = create(invoked, { batchSize: 1, maximumConcurrency: 2 });
    await started.start();
    await until(() => invoked.running === 2);
    expect(started.status.invocationsInFlight).toBe(2);
    invoked.release();
    await started.untilDrained();
    expect(invoked.mostRunning).toBe(2);
    expect(new Set(bodies(invoked)).size).toBe(10);
  });

  it('waits at stop for the invocation in flight, and deletes its messages', async () => {
    await send('a');
    const invoked = new FakeFunction();
    invoked.hold = true;
    const started = create(invoked);
    await started.start();
    await until(() => invoked.running === 1);
    let stopped = false;
    const stop = started.stop().then(() => {
      stopped = true;
    });
    await setTimeout(20);
    expect(stopped).toBe(false);
    invoked.release();
    await stop;
    expect(started.counters.messagesDeleted).toBe(1);
    await expect(started.untilDrained()).rejects.toThrow('was stopped before it was drained');
  });

  it('cannot start without its queue', async () => {
    queueUrl = `${endpoint}/000000000000/none`;
    await expect(create(new FakeFunction()).start()).rejects.toThrow();
  });
});
