/** Something that has to hold whatever fails. */
export interface Invariant {
  readonly name: string;
  readonly title: string;
  /** What has to hold, in one sentence. */
  readonly meaning: string;
}

/** What a payment system has to keep under every fault, by the names that `FaultDefinition.mustHold` uses. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'INV1', title: 'conservation', meaning: 'balances are the sum of the effects, and no refund takes more than was paid' },
  { name: 'INV2', title: 'exactly one effect', meaning: 'an idempotency key has at most one effect, however often it is sent, delivered or retried' },
  { name: 'INV3', title: 'nothing lost', meaning: 'a payment that was answered 202 ends applied, rejected or parked' },
  { name: 'INV4', title: 'order', meaning: 'records of one key are handled in the order of their shard, parents before children' },
  { name: 'INV5', title: 'complete ledger', meaning: 'the rows of the ledger, its stream and the balances tell the same effects' },
  { name: 'INV6', title: 'idempotent answers', meaning: 'a repeated request gets an answer that agrees with the first one' },
  { name: 'INV7', title: 'liveness', meaning: 'once the faults stop the backlog drains, and a record that cannot succeed does not stop those behind it' },
  { name: 'INV8', title: 'bounded retries', meaning: 'no record is tried without end' },
  { name: 'INV9', title: 'age', meaning: 'nothing unread gets near the retention of its stream' },
  { name: 'INV10', title: 'parking', meaning: 'what is parked keeps its full payload and the reason' },
];
