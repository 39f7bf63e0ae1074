import type { Server, ServerInterceptor, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireWholeNumber } from '../configuration/option-rules';
import { grpcLibrary } from './grpc-library';
import { HealthService } from './health-service';

export interface GracefulGrpcServerOptions {
  /** Full name of the service, such as `payment.v1.PaymentIntake`. */
  readonly service: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** See every call before it is received. @default - none */
  readonly interceptors?: readonly ServerInterceptor[];
  /** Longest message that is received, in bytes. */
  readonly maximumMessageBytes: number;
  /**
   * After how many seconds a connection is closed, give or take a tenth: its client comes back on another one, perhaps to another server. Without
   * that, servers that are new get nothing to do, as connections of gRPC are for many calls. Calls under way are finished. From 1 to 86400.
   *
   * @default 300
   */
  readonly connectionSeconds?: number;
  /** After how long a connection without any traffic is asked whether it is still there, in seconds. From 1 to 86400. @default 30 */
  readonly keepAliveSeconds?: number;
  /** How long calls under way are waited for once the server drains, in seconds. From 1 to 86400. @default 12 */
  readonly drainSeconds?: number;
}

/** A day. */
const MOST_SECONDS = 86_400;
/** How long a connection has for its answer to that, in milliseconds, before it is closed. */
const KEEP_ALIVE_ANSWER_MILLISECONDS = 10_000;
/** How long calls under way have to end on a connection that is too old, in milliseconds. */
const GRACE_MILLISECONDS = 30_000;
/** Calls on one connection at once. Further ones wait in their client. */
const CALLS_PER_CONNECTION = 256;

/**
 * A server of gRPC that can be stopped without breaking off a call, and tells by the protocol of health checks whether it takes calls. It speaks
 * HTTP/2 without TLS: the mesh in which it stands encrypts.
 *
 * @see https://grpc.io/docs/guides/keepalive/
 */
export class GracefulGrpcServer {
  private constructor(
    private readonly server: Server, private readonly health: HealthService, private readonly library: typeof import('@grpc/grpc-js'),
    private readonly drainMilliseconds: number,
  ) {}

  /** @throws RangeError when an option is out of its range */
  public static async create(options: GracefulGrpcServerOptions): Promise<GracefulGrpcServer> {
    const { connectionSeconds = 300, drainSeconds = 12, keepAliveSeconds = 30 } = options;
    requireWholeNumber('connectionSeconds', connectionSeconds, 1, MOST_SECONDS);
    requireWholeNumber('keepAliveSeconds', keepAliveSeconds, 1, MOST_SECONDS);
    requireWholeNumber('drainSeconds', drainSeconds, 1, MOST_SECONDS);
    const library = await grpcLibrary();
    const server = new library.Server({
      'interceptors': [...options.interceptors ?? []],
      'grpc.max_receive_message_length': options.maximumMessageBytes,
      'grpc.max_concurrent_streams': CALLS_PER_CONNECTION,
      'grpc.max_connection_age_ms': connectionSeconds * 1_000,
      'grpc.max_connection_age_grace_ms': GRACE_MILLISECONDS,
      'grpc.keepalive_time_ms': keepAliveSeconds * 1_000,
      'grpc.keepalive_timeout_ms': KEEP_ALIVE_ANSWER_MILLISECONDS,
      // It would keep an account of every call that nobody reads.
      'grpc.enable_channelz': 0,
    });
    const health = new HealthService([options.service]);
    server.addService(options.definition, options.implementation);
    server.addService(health.definition, health.implementation);
    return new GracefulGrpcServer(server, health, library, drainSeconds * 1_000);
  }

  /**
   * @param port 0 lets the system choose
   * @param host @default 0.0.0.0
   * @returns the port listened on
   */
  public listen(port: number, host = '0.0.0.0'): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(`${host}:${port}`, this.library.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) {
          resolve(bound);
        } else {
          reject(error);
        }
      });
    });
  }

  /**
   * Says that it takes no more calls, asks clients to go elsewhere, and resolves when every call under way is answered, or has had
   * its time: one whose client does not end it is not waited for.
   *
   * @param noticeMilliseconds how long calls are still taken, so that those who ask for its health can hear of it. @default 0
   */
  public async drain(noticeMilliseconds = 0): Promise<void> {
    this.health.stop();
    if (noticeMilliseconds > 0) {
      await sleep(noticeMilliseconds);
    }
    const isOver = new AbortController();
    // The library's own end by force knows no connections where they are not accounted for: what is left ends with the process.
    const time = sleep(this.drainMilliseconds, undefined, { signal: isOver.signal }).catch(() => undefined);
    await Promise.race([new Promise<void>((resolve) => { this.server.tryShutdown(() => resolve()); }), time]);
    isOver.abort();
  }
}
