/** What PostgreSQL took for a payment, and what the least that could be in its place takes, in microseconds of CPU time. */
export interface DatabaseCost {
  readonly cpuMicrosecondsPerPayment: number;
  /** The bare insert of the same rows, together those that were stored together, balances included, into the same servers. */
  readonly floorMicrosecondsPerPayment: number;
  readonly ratio: number;
}
