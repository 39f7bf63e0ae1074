/** A check against something that `npm ci` does not bring. */
export interface ExternalCheck {
  readonly name: string;
  run(): Promise<ExternalResult>;
}

export interface ExternalResult {
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was checked, what is wrong, or why it could not run. */
  readonly detail: string;
}
