import * as http from 'node:http';
import { LedgerEntry } from '../../../lambdas/runtime/ledger/ledger';
import { ParkedEntry } from '../../../lambdas/runtime/parking/parking';
import { StreamRecord } from '../../../lambdas/runtime/payment/movement';
import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { PaymentStream, Settle } from '../../../lambdas/runtime/producer/payment-stream';
import { authenticateNobody, Authenticator } from '../../../lambdas/payment-api/authentication';
import { PaymentApiPorts } from '../../../lambdas/payment-api/ports';
import { createPaymentApi, PaymentApi } from '../../../lambdas/payment-api/server';

/** A stream in memory. Payments become durable at once, unless it is held. */
export class FakeStream implements PaymentStream {
  public readonly durable: StreamRecord[] = [];
  public isFull = false;
  /** How many payments may still be taken. */
  public room = Infinity;
  public isBroken = false;
  public isHeld = false;
  public isDrained = false;
  private held: (() => void)[] = [];

  public offer<Token = undefined>(data: Uint8Array, settle: Settle<Token>, token?: Token): boolean {
    if (this.room === 0 || this.isDrained) {
      return false;
    }
    this.room--;
    const record = decodePaymentRecord(data);
    const finish = (): void => {
      if (this.isBroken) {
        settle({ kind: 'unavailable', error: new Error('lost') }, token as Token);
        return;
      }
      this.durable.push(record);
      const position = { shardId: 'shardId-000000000001', sequenceNumber: String(this.durable.length), index: 0 };
      settle({ kind: 'durable', position }, token as Token);
    };
    if (this.isHeld) {
      this.held.push(finish);
    } else {
      setImmediate(finish);
    }
    return true;
  }

  public get heldPayments(): number {
    return this.held.length;
  }

  public release(): void {
    this.isHeld = false;
    this.held.splice(0).forEach((finish) => finish());
  }

  public async drain(): Promise<void> {
    this.isDrained = true;
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

/** The API with ports in memory, reached over loopback. */
export class ApiClient {
  public readonly stream = new FakeStream();
  public readonly ledger = new Map<string, LedgerEntry>();
  public readonly parking = new Map<string, ParkedEntry>();
  public readonly errors: unknown[] = [];
  public balance = { available: 0n, held: 0n };
  /** Is thrown by every store. */
  public storeError: Error | undefined;
  public now = 1_700_000_000_000;
  public readonly api: PaymentApi;
  public readonly agent = new http.Agent({ keepAlive: true });
  private port = 0;

  public constructor(options: Partial<PaymentApiPorts> = {}, authenticate: Authenticator = authenticateNobody) {
    const find = <Entry>(entries: Map<string, Entry>) => async (merchantId: string, key: string): Promise<Entry | undefined> => {
      this.failIfTold();
      return entries.get(`${merchantId}/${key}`);
    };
    this.api = createPaymentApi({
      stream: this.stream,
      ledger: { find: find(this.ledger) },
      parking: { find: find(this.parking) },
      balances: { balance: async () => { this.failIfTold(); return this.balance; } },
      authenticate,
      now: () => this.now,
      onUnexpectedError: (error) => this.errors.push(error),
      ...options,
    });
  }

  public async start(): Promise<this> {
    this.port = await this.api.listen(0, '127.0.0.1');
    return this;
  }

  public async stop(): Promise<void> {
    this.agent.destroy();
    await this.api.drain();
  }

  public send(method: string, path: string, body?: string | Buffer, headers: http.OutgoingHttpHeaders = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
          });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  public get(path: string, headers?: http.OutgoingHttpHeaders): Promise<Reply> {
    return this.send('GET', path, undefined, headers);
  }

  public post(payment: unknown, headers?: http.OutgoingHttpHeaders): Promise<Reply> {
    return this.send('POST', '/payments', bytesOf(payment), headers);
  }

  public postBatch(payments: readonly unknown[], headers?: http.OutgoingHttpHeaders): Promise<Reply> {
    return this.send('POST', '/payments:batch', JSON.stringify({ payments }), headers);
  }

  private failIfTold(): void {
    if (this.storeError !== undefined) {
      throw this.storeError;
    }
  }
}

function bytesOf(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

let keys = 0;

/** A valid payment with a key of its own. */
export function payment(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    idempotencyKey: `key-${++keys}`,
    merchantId: 'm-1',
    payerId: 'p-1',
    amount: 1299,
    currency: 'EUR',
    type: 'payment',
    method: { type: 'card_token', token: 'tok_1' },
    ...change,
  };
}
