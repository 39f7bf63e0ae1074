import type { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { requireWholeNumber } from '../configuration/option-rules';
import type { Payment } from '../payment/payment';
import { channelOptions, type GrpcChannelOptions } from './channel-options';
import { grpcLibrary } from './grpc-library';
import type { IntakeResult } from './payment-intake-messages';
import { PAYMENT_INTAKE_DEFINITION, PAYMENT_INTAKE_SERVICE } from './payment-intake-service';

export interface PaymentIntakeClientOptions extends GrpcChannelOptions {
  /**
   * Where the API is: `dns:///payment-api-grpc.payments:9090`. The name of a Service without an address of its own (`clusterIP: None`) stands for all
   * its pods; behind any other all calls would go to the pod that the one connection led to.
   */
  readonly address: string;
  /** `off`: where a mesh encrypts, as the API speaks. `system` or authorities as PEM: where a proxy with a certificate stands in front of it. */
  readonly tls: { readonly authorities: string } | 'system' | 'off';
  /** Tells who this client is: a token as for HTTP, without `Bearer`. Asked at each call. @default - it does not say who it is */
  readonly token?: () => string | Promise<string>;
  /** How long a call may take with all its attempts, in milliseconds, unless it says otherwise. A whole number of at least 1. @default 2000 */
  readonly deadlineMilliseconds?: number;
}

/** What goes with a call. */
export interface AcceptOptions {
  /** @default - as the client has it */
  readonly deadlineMilliseconds?: number;
  /** The trace that the payments belong to: value of a `traceparent` header. @default - none */
  readonly traceParent?: string;
}

/** Posts payments to the API over gRPC, in protobuf from end to end. */
export class PaymentIntakeClient {
  private constructor(
    private readonly client: Client,
    private readonly newMetadata: () => Metadata,
    private readonly token: PaymentIntakeClientOptions['token'],
    private readonly deadlineMilliseconds: number,
  ) {}

  /**
   * Makes a client. It connects at the first call.
   *
   * @throws RangeError when an option is out of its range
   */
  public static async create(options: PaymentIntakeClientOptions): Promise<PaymentIntakeClient> {
    const { address, tls, token, deadlineMilliseconds = 2_000 } = options;
    requireWholeNumber('deadlineMilliseconds', deadlineMilliseconds, 1);
    const channel = channelOptions(PAYMENT_INTAKE_SERVICE, options);
    const library = await grpcLibrary();
    const credentials: ChannelCredentials = tls === 'off' ? library.credentials.createInsecure()
      : library.credentials.createSsl(tls === 'system' ? null : Buffer.from(tls.authorities));
    return new PaymentIntakeClient(new library.Client(address, credentials, channel), () => new library.Metadata(), token, deadlineMilliseconds);
  }

  /**
   * Posts 1 to 500 payments and refunds. What comes back is one result for each, in their order, once all that is accepted is durable. A payment that
   * is `unavailable`, and all of a call that fails with UNAVAILABLE (14) or DEADLINE_EXCEEDED (4), may have been taken or not: they are to be posted
   * again, which never doubles them.
   *
   * @throws ServiceError of @grpc/grpc-js, with `code`; its `metadata` holds `retry-after` in seconds, where the API says so
   */
  public async accept(payments: readonly Payment[], options: AcceptOptions = {}): Promise<readonly IntakeResult[]> {
    const { deadlineMilliseconds = this.deadlineMilliseconds, traceParent } = options;
    requireWholeNumber('deadlineMilliseconds', deadlineMilliseconds, 1);
    const deadline = new Date(Date.now() + deadlineMilliseconds);
    const metadata = this.newMetadata();
    if (traceParent !== undefined) {
      metadata.set('traceparent', traceParent);
    }
    if (this.token !== undefined) {
      metadata.set('authorization', `Bearer ${await this.token()}`);
    }
    const { path, requestSerialize, responseDeserialize } = PAYMENT_INTAKE_DEFINITION.accept;
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, payments, metadata, { deadline }, (error, results) => {
        if (error === null && results !== undefined) {
          resolve(results);
        } else {
          reject(error ?? new Error('an answer came without results'));
        }
      });
    });
  }

  /** Ends its connections. Calls under way are finished. */
  public close(): void {
    this.client.close();
  }
}
