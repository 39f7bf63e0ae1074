/** Where the changes of one ledger partition (a merchant's bucket) in one minute are: the row that an auditor asks for. */
export interface Locator {
  /** Partition key of the ledger's rows, such as `shop-1#0`: a merchant and one of its buckets. */
  readonly merchantBucket: string;
  /** `2026-11-22`, in UTC. */
  readonly day: string;
  /** `09:41`, in UTC. */
  readonly minute: string;
  /** Keys of objects of the archive; added to those that the row has. */
  readonly objects: readonly string[];
}

/** The table of locators. */
export interface LocatorTable {
  /** Adds objects to a row, or makes it. May be repeated: a row holds each object once. @throws Error when the table does not take it */
  add(locator: Locator): Promise<void>;
}
