import type { ChannelOptions } from '@grpc/grpc-js';
import { requireWholeNumber } from '../configuration/option-rules';

/** How a channel keeps its connections, and what it does about calls that fail. */
export interface GrpcChannelOptions {
  /**
   * After how long a connection without any traffic is asked whether it is still there, in seconds. Load balancers and networks forget connections
   * in silence, those of AWS after 350 seconds. From 10 on, less than which servers take for an attack, to 86400.
   *
   * @default 30
   * @see https://grpc.io/docs/guides/keepalive/
   */
  readonly keepAliveSeconds?: number;
  /**
   * How often a call that finds no server (`UNAVAILABLE`) is made in all, its deadline permitting. From 1 to 5: the library does not do more.
   *
   * @default 4
   */
  readonly attempts?: number;
}

const LEAST_KEEP_ALIVE_SECONDS = 10;
const MOST_KEEP_ALIVE_SECONDS = 86_400;
const MOST_ATTEMPTS = 5;
/** How long a connection has for its answer, in milliseconds, before it is closed and its calls fail. */
const KEEP_ALIVE_ANSWER_MILLISECONDS = 10_000;
/** How long a server that cannot be reached is left alone at most, in milliseconds: pods come back within seconds. */
const MOST_BACKOFF_MILLISECONDS = 5_000;
/** How long names of servers are known at least, in milliseconds, before they are looked up again because a connection was lost. */
const NAMES_MILLISECONDS = 5_000;

/**
 * The options of a channel to the pods of a service: calls go to all of them in turn, and are repeated where no server took them, as long as no more
 * than one in ten has to be.
 *
 * Names are looked up again when a server closes a connection; that it does so from time to time (`connectionSeconds` of `GracefulGrpcServer`) is how
 * new pods are found.
 *
 * @param service full name, such as `payment.v1.PaymentIntake`: only its calls may be repeated
 * @throws RangeError when an option is out of its range
 * @see https://grpc.io/docs/guides/service-config/
 */
export function channelOptions(service: string, { keepAliveSeconds = 30, attempts = 4 }: GrpcChannelOptions): ChannelOptions {
  requireWholeNumber('keepAliveSeconds', keepAliveSeconds, LEAST_KEEP_ALIVE_SECONDS, MOST_KEEP_ALIVE_SECONDS);
  requireWholeNumber('attempts', attempts, 1, MOST_ATTEMPTS);
  return {
    'grpc.keepalive_time_ms': keepAliveSeconds * 1_000,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_ANSWER_MILLISECONDS,
    // Between calls as well: the first one after a quiet time should not be the one that finds the connection gone.
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_reconnect_backoff_ms': MOST_BACKOFF_MILLISECONDS,
    'grpc.dns_min_time_between_resolutions_ms': NAMES_MILLISECONDS,
    'grpc.enable_channelz': 0,
    'grpc.service_config': JSON.stringify({
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [{
        name: [{ service }],
        ...(attempts > 1 && {
          retryPolicy: {
            maxAttempts: attempts, initialBackoff: '0.05s', maxBackoff: '1s', backoffMultiplier: 2, retryableStatusCodes: ['UNAVAILABLE'],
          },
        }),
      }],
      retryThrottling: { maxTokens: 100, tokenRatio: 0.1 },
    }),
    // What DNS says about it does not count.
    'grpc.service_config_disable_resolution': 1,
  };
}
