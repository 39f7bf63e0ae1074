/** Errors by whose names the state machine of payouts goes on. The names are part of its definition. */

/** The payout was refused before any money was set aside. */
export class PayoutRejectedError extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = 'PayoutRejected';
  }
}

/** The provider has refused the transfer. */
export class PayoutRefusedError extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = 'PayoutRefused';
  }
}

/** Something did not answer, or not clearly: the same step may succeed a moment later. */
export class PayoutUnavailableError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PayoutUnavailable';
  }
}

/** What was found does not fit what was done before. No step mends that: somebody must look at it. */
export class PayoutContradictionError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'PayoutContradiction';
  }
}
