import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callQueues } from '../../../../local/engines/queue/queue-client';
import { ChildProcess } from '../../../../local/processes/child-process';
import type { QueueHostConfiguration, QueueHostReady } from '../../../../local/processes/queue-host';

const REGION = 'eu-west-1';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'queue-host-'));
const configuration: QueueHostConfiguration = {
  region: REGION,
  account: '111111111111',
  queues: [
    {
      name: 'refunds',
      attributes: {
        VisibilityTimeout: '1',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${REGION}:111111111111:refunds-dead`, maxReceiveCount: '2' }),
      },
    },
    { name: 'refunds-dead', attributes: {} },
    { name: 'slow', attributes: { DelaySeconds: '1' } },
  ],
};

interface Message {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly Attributes?: { readonly ApproximateReceiveCount: string };
}

function start(given: QueueHostConfiguration): Promise<ChildProcess<QueueHostReady>> {
  return ChildProcess.start<QueueHostReady>({ name: 'queue host', entry: 'queue-host', configuration: given, logFile: path.join(folder, 'log') });
}

describe('queue host', () => {
  let child: ChildProcess<QueueHostReady>;
  const call = <Output>(operation: string, input: object): Promise<Output> => callQueues<Output>(child.ready.endpoint, REGION, operation, input);
  const receive = async (queue: string, waitSeconds = 0): Promise<Message[]> => {
    const { Messages } = await call<{ Messages?: Message[] }>('ReceiveMessage', {
      QueueUrl: child.ready.urls[queue], MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds, MessageSystemAttributeNames: ['All'],
    });
    return Messages ?? [];
  };
  const send = (queue: string, entries: { body: string; delay?: number }[]): Promise<{ Successful: unknown[]; Failed: unknown[] }> =>
    call('SendMessageBatch', {
      QueueUrl: child.ready.urls[queue],
      Entries: entries.map(({ body, delay: DelaySeconds }, index) => ({ Id: String(index), MessageBody: body, DelaySeconds })),
    });

  beforeAll(async () => {
    child = await start(configuration);
  });
  afterAll(async () => {
    await child.stop();
    fs.rmSync(folder, { recursive: true });
  });

  it('listens on the loopback address and gives URLs on its own endpoint', () => {
    expect(child.ready.engine).toMatch(/^fauxqs \d+\.\d+\.\d+$/);
    expect(child.ready.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(child.ready.urls).sort()).toEqual(['refunds', 'refunds-dead', 'slow']);
    for (const [name, url] of Object.entries(child.ready.urls)) {
      expect(url).toBe(`${child.ready.endpoint}/000000000000/${name}`);
    }
  });

  it('is not reachable from outside', () => {
    const { port } = new URL(child.ready.endpoint);
    const listening = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A' && parseInt(columns[1].split(':')[1], 16) === Number(port));
    expect(listening.map((columns) => columns[1].split(':')[0])).toEqual(['0100007F']);
  });

  it('delays each entry of a batch by its own seconds, else by those of the queue', async () => {
    expect(await send('slow', [{ body: 'now', delay: 0 }, { body: 'by default' }])).toMatchObject({ Successful: [{ Id: '0' }, { Id: '1' }], Failed: [] });
    expect((await receive('slow')).map((message) => message.Body)).toEqual(['now']);
    const { Attributes } = await call<{ Attributes: Record<string, string> }>('GetQueueAttributes', {
      QueueUrl: child.ready.urls.slow, AttributeNames: ['All'],
    });
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1', ApproximateNumberOfMessagesDelayed: '1',
    });
    const start = Date.now();
    const [message] = await receive('slow', 5);
    expect(message.Body).toBe('by default');
    expect(Date.now() - start).toBeLessThan(3_000);
  });

  it('waits for a message as long as asked', async () => {
    await call('PurgeQueue', { QueueUrl: child.ready.urls['refunds-dead'] });
    const received = receive('refunds-dead', 5);
    await delay(100);
    await send('refunds-dead', [{ body: 'late' }]);
    expect((await received).map((message) => message.Body)).toEqual(['late']);
    await call('PurgeQueue', { QueueUrl: child.ready.urls['refunds-dead'] });
  });

  it('deletes in batches and answers for each entry', async () => {
    await send('refunds', [{ body: 'a' }, { body: 'b' }]);
    const messages = await receive('refunds');
    expect(messages.map((message) => message.Body)).toEqual(['a', 'b']);
    const deleted = await call<{ Successful: unknown[] }>('DeleteMessageBatch', {
      QueueUrl: child.ready.urls.refunds,
      Entries: messages.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle })),
    });
    expect(deleted.Successful).toHaveLength(2);
    await delay(1_100);
    expect(await receive('refunds')).toEqual([]);
  });

  it('redrives what was received too often, although the template names another account', async () => {
    await send('refunds', [{ body: 'poison' }]);
    expect((await receive('refunds'))[0].Attributes?.ApproximateReceiveCount).toBe('1');
    expect((await receive('refunds', 3))[0].Attributes?.ApproximateReceiveCount).toBe('2');
    expect(await receive('refunds', 2)).toEqual([]);
    expect((await receive('refunds-dead', 1)).map((message) => message.Body)).toEqual(['poison']);
  });

  it('refuses a redrive policy to a queue that does not run here', async () => {
    await expect(start({ ...configuration, queues: [configuration.queues[0]] })).rejects
      .toThrow('The dead-letter queue of refunds, arn:aws:sqs:eu-west-1:111111111111:refunds-dead, is none of the queues that run here');
  });

  it('refuses attributes that SQS refuses', async () => {
    await expect(start({ ...configuration, queues: [{ name: 'q', attributes: { DelaySeconds: '901' } }] })).rejects
      .toThrow(/refused CreateQueue.*DelaySeconds/);
  });

  it('answers an unknown operation with an error', async () => {
    await expect(call('Nonsense', {})).rejects.toThrow('The queue engine refused Nonsense with status 400');
  });
});
