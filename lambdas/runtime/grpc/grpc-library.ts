/** The library, which is read when gRPC is first used: bundles and processes without it do not carry it. */
export function grpcLibrary(): Promise<typeof import('@grpc/grpc-js')> {
  return import('@grpc/grpc-js');
}

/** How many seconds a caller that is refused is asked to wait: trailing metadata, as the header of that name in HTTP. */
export const RETRY_AFTER = 'retry-after';
/**
 * The same for libraries of gRPC that repeat calls by themselves, in milliseconds.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export const RETRY_PUSHBACK = 'grpc-retry-pushback-ms';
