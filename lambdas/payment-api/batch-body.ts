import { HttpProblem, problemJson, ProblemDetails } from '../runtime/http/problem';
import { JsonDocument, JsonFault } from '../runtime/json/json-reader';
import { JsonObject, JsonValue } from '../runtime/json/json-value';
import { containsCardNumber } from '../runtime/payment/card-number';
import { isPaymentText } from '../runtime/payment/payment-text';
import { BATCH_MEMBER, problemOfFaults, safePointer } from '../runtime/payment/payment-validation';
import type { StreamPosition } from '../runtime/producer/payment-stream';
import { ReceiptWriter } from '../runtime/producer/receipt';

export const MAXIMUM_BATCH_PAYMENTS = 500;
export const MAXIMUM_BATCH_BYTES = 1024 * 1024;

/** The payments of a batch as they came. */
export interface BatchBody {
  readonly items: readonly JsonValue[];
  /** Faults of the reader that lie in one of them, by its index. */
  readonly faults: ReadonlyMap<number, JsonFault[]>;
}

/** Takes a batch apart. @throws HttpProblem for faults of the batch itself */
export function readBatch({ value, faults }: JsonDocument): BatchBody {
  const itemFaults = new Map<number, JsonFault[]>();
  const ownFaults: JsonFault[] = [];
  for (const fault of faults) {
    const [member, index] = fault.path;
    if (member !== BATCH_MEMBER || typeof index !== 'number') {
      ownFaults.push(fault);
    } else if (itemFaults.has(index)) {
      itemFaults.get(index)?.push(fault);
    } else {
      itemFaults.set(index, [fault]);
    }
  }
  const problem = problemOfFaults(ownFaults);
  if (problem !== undefined) {
    throw new HttpProblem(problem.status, { detail: problem.detail, field: problem.field });
  }
  if (!(value instanceof JsonObject)) {
    throw badBatch('', 'must be an object');
  }
  const unknown = value.names.find((name) => name !== BATCH_MEMBER);
  if (unknown !== undefined) {
    throw badBatch(safePointer([unknown]), 'is not a member that is known here');
  }
  const items = value.get(BATCH_MEMBER);
  if (!Array.isArray(items) || items.length === 0) {
    throw badBatch('/payments', items === undefined ? 'is required' : 'must be an array of payments that is not empty');
  }
  if (items.length > MAXIMUM_BATCH_PAYMENTS) {
    throw new HttpProblem(413, { detail: `must hold at most ${MAXIMUM_BATCH_PAYMENTS} payments`, field: '/payments' });
  }
  return { items: items as readonly JsonValue[], faults: itemFaults };
}

/** What comes after the key of a payment that was taken in. A receipt is base64url, which needs no escaping. */
const receipts = new ReceiptWriter(',"status":202,"receipt":"', '"}');
/** The same with the quote after a key. */
const receiptsAfterQuote = new ReceiptWriter('","status":202,"receipt":"', '"}');

/**
 * The result, as JSON, of a payment that was taken in.
 *
 * @param place where it lies; undefined where it has come to its end, and there is nothing that a receipt could stand for
 * @param needsNoEscapes whether its key is known to hold neither quotes nor backslashes
 */
export function acceptedItem(idempotencyKey: string, place: StreamPosition | undefined, acceptedAt: number, needsNoEscapes: boolean): string {
  if (place === undefined) {
    return `{"idempotencyKey":${JSON.stringify(idempotencyKey)},"status":202,"receipt":""}`;
  }
  return needsNoEscapes
    ? `{"idempotencyKey":"${idempotencyKey}${receiptsAfterQuote.write(place, acceptedAt)}`
    : `{"idempotencyKey":${JSON.stringify(idempotencyKey)}${receipts.write(place, acceptedAt)}`;
}

/** The result, as JSON, of a payment that was not. */
export function refusedItem(idempotencyKey: string | null, status: number, details: ProblemDetails): string {
  return `{"idempotencyKey":${JSON.stringify(idempotencyKey)},"status":${status},"problem":${problemJson(status, details)}}`;
}

/** The key of a refused item, if it is one that may be repeated. */
export function readableKey(item: JsonValue, faults: readonly JsonFault[]): string | null {
  const key = item instanceof JsonObject ? item.get('idempotencyKey') : undefined;
  const isDoubtful = faults.some(({ path }) => path[2] === 'idempotencyKey' || path.length === 2);
  return typeof key === 'string' && !isDoubtful && isPaymentText(key) && !containsCardNumber(key) ? key : null;
}

function badBatch(field: string, detail: string): HttpProblem {
  return new HttpProblem(400, { detail, field });
}
