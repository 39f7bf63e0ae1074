/** A promise, and who settles it: from outside, by whoever holds this. */
export interface Deferred<Result> {
  readonly promise: Promise<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** As `Promise.withResolvers`, which Node.js has from version 22 on. */
export function deferred<Result = void>(): Deferred<Result> {
  let resolve!: (result: Result) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Result>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { promise, resolve, reject };
}
