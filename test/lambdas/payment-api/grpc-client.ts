import { type CallOptions, Client, credentials, type Metadata, Metadata as NewMetadata, type ServiceError } from '@grpc/grpc-js';
import * as path from 'node:path';
import protobuf from 'protobufjs';

const FOLDER = path.join(__dirname, '../../../lambdas/runtime/payment/v1');

/** The messages as the published schema has them, read by a library that is not the one under test. */
export const schema = protobuf.loadSync([path.join(FOLDER, 'payment.proto'), path.join(FOLDER, 'payment_service.proto')]);

/** What came back of a call, good or bad. */
export interface CallOutcome {
  readonly code: number;
  readonly details: string;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly results?: readonly object[];
}

/** A client in another language: it knows the schema and nothing else. It repeats nothing. */
export class PlainClient {
  private readonly client: Client;

  public constructor(port: number) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  }

  public accept(payments: readonly object[], headers: Readonly<Record<string, string>> = {}): Promise<CallOutcome> {
    const request = schema.lookupType('payment.v1.AcceptRequest');
    return this.send(Buffer.from(request.encode(request.fromObject({ payments: payments as object[] })).finish()), headers);
  }

  public send(bytes: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<CallOutcome> {
    return this.call('/payment.v1.PaymentIntake/Accept', bytes, headers, {}).then(({ answer, ...outcome }) => {
      const response = schema.lookupType('payment.v1.AcceptResponse');
      const results = answer && response.toObject(response.decode(answer), { enums: String }).results as object[] | undefined;
      return { ...outcome, ...(results && { results }) };
    });
  }

  /** The status of grpc.health.v1, or the code of the error. */
  public async health(service: string): Promise<number | string> {
    const name = Buffer.from(service);
    const { code, answer } = await this.call('/grpc.health.v1.Health/Check', Buffer.concat([Buffer.from([0x0a, name.length]), name]), {}, {});
    return answer === undefined ? `code ${code}` : answer[1];
  }

  /** Begins calls whose message never comes. @returns what ends them */
  public begin(calls: number): () => void {
    const begun = Array.from({ length: calls }, () => (
      this.client.makeClientStreamRequest('/payment.v1.PaymentIntake/Accept', asIs, asIs, new NewMetadata(), {}, () => undefined)
    ));
    return () => begun.forEach((call) => call.cancel());
  }

  /** Watches the health of the server as a whole. */
  public watch(told: (status: number) => void): Promise<void> {
    const stream = this.client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, Buffer.alloc(0));
    stream.on('data', (answer: Buffer) => told(answer[1]));
    return new Promise((resolve, reject) => { stream.on('end', resolve).on('error', reject); });
  }

  public close(): void {
    this.client.close();
  }

  private call(
    method: string, bytes: Buffer, headers: Readonly<Record<string, string>>, options: CallOptions,
  ): Promise<CallOutcome & { readonly answer?: Buffer }> {
    const metadata = new NewMetadata();
    Object.entries(headers).forEach(([name, value]) => metadata.set(name, value));
    return new Promise((resolve) => {
      let failure: ServiceError | null = null;
      let answer: Buffer | undefined;
      const trailersOf = (trailers: Metadata): Record<string, unknown> => {
        const { 'content-type': _type, date: _date, 'grpc-accept-encoding': _encoding, 'accept-encoding': _accept, ...others } = trailers.getMap();
        return others;
      };
      this.client.makeUnaryRequest(method, asIs, asIs, bytes, metadata, options, (error, value) => { failure = error; answer = value; })
        .on('status', ({ code, details, metadata: trailers }) => {
          setImmediate(() => resolve({ code, details, trailers: trailersOf(trailers), ...(failure === null && { answer }) }));
        });
    });
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

/** A payment as protobuf has it, by the names of its JSON. */
export function message(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 1, cardToken: 'tok_1', ...change };
}
