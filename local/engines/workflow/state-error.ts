/** An error inside an execution: what Retry and Catch see of it. */
export class StateError extends Error {
  constructor(
    /** Name that `ErrorEquals` is compared with, such as `States.Timeout`. */
    readonly error: string,
    /** What is told of it. */
    readonly errorCause: string,
  ) {
    super(`${error}: ${errorCause}`);
    this.name = 'StateError';
  }
}

/** Names of errors that the States language has. */
export const ERRORS = {
  all: 'States.ALL',
  timeout: 'States.Timeout',
  taskFailed: 'States.TaskFailed',
  runtime: 'States.Runtime',
  parameterPathFailure: 'States.ParameterPathFailure',
  resultPathMatchFailure: 'States.ResultPathMatchFailure',
  noChoiceMatched: 'States.NoChoiceMatched',
  intrinsicFailure: 'States.IntrinsicFailure',
} as const;

/** Errors that `States.ALL` does not stand for. */
const UNCATCHABLE: ReadonlySet<string> = new Set([ERRORS.runtime, 'States.DataLimitExceeded']);

/** Whether a list of names, as in Retry and Catch, covers an error. */
export function covers(names: readonly string[], error: string): boolean {
  return names.some((name) => name === error
    || (name === ERRORS.all && !UNCATCHABLE.has(error))
    || (name === ERRORS.taskFailed && error !== ERRORS.timeout && !UNCATCHABLE.has(error)));
}
