import type { ApiAnswer } from './api-client';

const START = '{"items":[';
/** An item that was taken in, as the API writes it. Its texts need no unescaping, so that nothing in them can look like its end. */
const ACCEPTED_ITEM = /\{"idempotencyKey":"[^"\\]*","status":202,"receipt":"[^"\\]*"\}[,\]]/y;

/**
 * Status of each payment of a batch: the request's own where it failed as a whole.
 *
 * @throws Error when the answer is not about so many payments
 */
export function batchStatuses({ status, body }: ApiAnswer, count: number): number[] {
  if (status !== 200) {
    return new Array<number>(count).fill(status);
  }
  const items = acceptedItems(body) ?? (JSON.parse(body) as { items: { status: number }[] }).items.map((item) => item.status);
  if (items.length !== count) {
    throw new Error(`the API answered ${items.length} items for a batch of ${count}`);
  }
  return items;
}

/** Almost every answer says that all was taken in: it is read without being taken apart. @returns nothing where it says anything else */
function acceptedItems(body: string): number[] | undefined {
  if (!body.startsWith(START)) {
    return undefined;
  }
  const statuses: number[] = [];
  ACCEPTED_ITEM.lastIndex = START.length;
  while (ACCEPTED_ITEM.test(body)) {
    statuses.push(202);
    const end = ACCEPTED_ITEM.lastIndex;
    if (body[end - 1] === ']') {
      return body.length === end + 1 && body[end] === '}' ? statuses : undefined;
    }
  }
  return undefined;
}
