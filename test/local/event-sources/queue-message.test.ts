import { configureQueueEventSource, type QueueEventSourceConfigurationProps } from '../../../local/event-sources';
import { processedMessages, type QueueMessage, queueRecord } from '../../../local/event-sources/queue-message';

const ARN = 'arn:aws:sqs:eu-west-1:123456789012:refunds';

const message = (id: string): QueueMessage => ({ MessageId: id, ReceiptHandle: `receipt-${id}`, Body: '{}', MD5OfBody: 'md5' });

describe('queueRecord', () => {
  it('has the shape that Lambda gives it', () => {
    expect(queueRecord({
      ...message('1'),
      Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1800000000000' },
      MessageAttributes: { name: { DataType: 'String', StringValue: 'x' }, blob: { DataType: 'Binary', BinaryValue: 'AQ==' } },
    }, ARN)).toEqual({
      messageId: '1',
      receiptHandle: 'receipt-1',
      body: '{}',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1800000000000' },
      messageAttributes: {
        name: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
        blob: { binaryValue: 'AQ==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfBody: 'md5',
      eventSource: 'aws:sqs',
      eventSourceARN: ARN,
      awsRegion: 'eu-west-1',
    });
  });
});

describe('processedMessages', () => {
  const batch = ['1', '2', '3'].map(message);

  it.each<[unknown, string]>([
    [null, '123'],
    [undefined, '123'],
    ['', '123'],
    [{}, '123'],
    [{ batchItemFailures: null }, '123'],
    [{ batchItemFailures: [] }, '123'],
    [{ batchItemFailures: [{ itemIdentifier: '2' }] }, '13'],
    [{ batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '1' }] }, '2'],
    [{ batchItemFailures: [{ itemIdentifier: '9' }] }, ''],
    [{ batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '' }] }, ''],
    [{ batchItemFailures: [{ id: '2' }] }, ''],
    [{ batchItemFailures: [null] }, ''],
    [{ batchItemFailures: 'x' }, ''],
    ['done', ''],
    [[], ''],
  ])('of the answer %j are %s', (payload, expected) => {
    expect(processedMessages(payload, batch, true).map((one) => one.MessageId).join('')).toBe(expected);
    expect(processedMessages(payload, batch, false)).toEqual(batch);
  });
});

describe('configureQueueEventSource', () => {
  it('fills in the defaults of AWS', () => {
    expect(configureQueueEventSource({ queueArn: ARN })).toEqual({
      queueArn: ARN, batchSize: 10, maximumBatchingWindowSeconds: 0, maximumConcurrency: 1000, reportBatchItemFailures: false,
    });
  });

  it.each<[Partial<QueueEventSourceConfigurationProps>, string]>([
    [{ batchSize: 0 }, '`batchSize` must be between 1 and 10000, got: 0'],
    [{ batchSize: 11 }, '`maximumBatchingWindowSeconds` must be at least 1 with a `batchSize` above 10, got: 0'],
    [{ maximumBatchingWindowSeconds: 301 }, '`maximumBatchingWindowSeconds` must be between 0 and 300, got: 301'],
    [{ maximumConcurrency: 1 }, '`maximumConcurrency` must be between 2 and 1000, got: 1'],
  ])('refuses %j', (props, text) => {
    expect(() => configureQueueEventSource({ queueArn: ARN, ...props })).toThrow(new Error(text));
  });
});
