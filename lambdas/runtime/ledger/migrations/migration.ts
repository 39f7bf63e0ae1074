/** A step of a schema, taken once in each database and never changed afterwards. */
export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  /** Statements. Names without a schema are those of the ledger's own. */
  readonly sql: string;
}
