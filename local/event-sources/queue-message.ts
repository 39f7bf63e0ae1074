/** A message as ReceiveMessage returns it. */
export interface QueueMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, QueueMessageAttribute>>;
}

interface QueueMessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** The record of a message in a function's event. */
export function queueRecord(message: QueueMessage, queueArn: string): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [name, {
      ...(attribute.StringValue !== undefined && { stringValue: attribute.StringValue }),
      ...(attribute.BinaryValue !== undefined && { binaryValue: attribute.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: attribute.DataType,
    }])),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
}

/**
 * The messages that an invocation has dealt with; the others come back after their visibility timeout. An answer that cannot be
 * understood, or names a message that was not in the batch, fails the whole batch.
 */
export function processedMessages(payload: unknown, batch: readonly QueueMessage[], reportBatchItemFailures: boolean): readonly QueueMessage[] {
  if (!reportBatchItemFailures || payload === undefined || payload === null || payload === '') {
    return batch;
  }
  if (typeof payload !== 'object' || Array.isArray(payload)) {
    return [];
  }
  const failures = (payload as { readonly batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) {
    return [];
  }
  const failed = new Set(failures.map((failure: unknown) => (failure as { readonly itemIdentifier?: unknown } | null)?.itemIdentifier));
  const known = new Set<unknown>(batch.map((message) => message.MessageId));
  return [...failed].every((id) => known.has(id)) ? batch.filter((message) => !failed.has(message.MessageId)) : [];
}
