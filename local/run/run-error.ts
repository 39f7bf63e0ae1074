/** Something the person who started the run can do something about; shown without a stack trace. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
