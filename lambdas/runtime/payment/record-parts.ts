/**
 * Where the parts of an encoded record lie, of one that `encodePaymentRecord` wrote: its fields are in ascending order, those that are empty are left
 * out. So that records are compared as bytes, once they are written, and not text by text.
 */

/** Tags of payment/v1/payment.proto at which a part ends: what a client states, but for `hold_of` and `reason`, comes before `accepted_at`. */
const ACCEPTED_AT = 0x48;
const HOLD_OF = 0x6a;
const TRACE_PARENT = 0x7a;

const LENGTH_DELIMITED = 2;

/** Where a record's identity ends, which it begins with: merchant and idempotency key, each with its length, so that no two are the same bytes. */
export function endOfIdentity(record: Uint8Array): number {
  return afterField(record, afterField(record, 0));
}

/** Where the fields end that its client stated and that begin at a position. @param from where the identity ends */
export function endOfStatement(record: Uint8Array, from: number): number {
  return before(ACCEPTED_AT, record, from);
}

/** Where the rest begins of what its client stated, if there is any. @param from where the fields end that come first */
export function startOfRest(record: Uint8Array, from: number): number {
  return before(HOLD_OF, record, from);
}

/** Where that rest ends. @param from where it begins */
export function endOfRest(record: Uint8Array, from: number): number {
  return before(TRACE_PARENT, record, from);
}

/** The position of the first field with that tag or a later one, from a field on; the end if there is none. */
function before(tag: number, record: Uint8Array, from: number): number {
  let position = from;
  while (position < record.length && record[position] < tag) {
    position = afterField(record, position);
  }
  return position;
}

function afterField(record: Uint8Array, position: number): number {
  const tag = record[position];
  let next = position + 1;
  let byte = record[next++];
  let length = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = record[next++];
    length |= (byte & 0x7f) << shift;
  }
  return (tag & 7) === LENGTH_DELIMITED ? next + length : next;
}
