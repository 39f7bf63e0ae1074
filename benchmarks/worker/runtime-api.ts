/** Where AWS's Runtime API answers. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. */
export const RUNTIME_PATH = '/2018-06-01/runtime/invocation';

/** Header of an answer: memory that the process holds, in bytes. */
export const RESIDENT_BYTES = 'resident-bytes';
