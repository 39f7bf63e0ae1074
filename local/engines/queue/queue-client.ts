/** A call that the queue engine refused, or that got no answer. */
export class QueueCallError extends Error {
  readonly name = 'QueueCallError';
}

/** The engine reads the region from the signature's scope and verifies none of it. */
const SIGNED_DATE = '20240101';

/**
 * Calls an SQS engine on this machine in its AWS JSON protocol; for the few calls of starting and looking, not for the data path.
 *
 * @throws QueueCallError
 */
export async function callQueues<Output>(endpoint: string, region: string, operation: string, input: object): Promise<Output> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `AmazonSQS.${operation}`,
      'X-Amz-Date': `${SIGNED_DATE}T000000Z`,
      'Authorization': `AWS4-HMAC-SHA256 Credential=LOCAL/${SIGNED_DATE}/${region}/sqs/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new QueueCallError(`The queue engine refused ${operation} with status ${response.status}: ${text}`);
  }
  return (text === '' ? {} : JSON.parse(text)) as Output;
}
