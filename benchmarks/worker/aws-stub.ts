import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { RESIDENT_BYTES, RUNTIME_PATH } from './runtime-api';

export interface AwsStubOptions {
  /** Makes the next event; undefined when there are no more. */
  readonly nextEvent: () => object | undefined;
  /** Is told of each answer of the handler, and how much memory its process holds then, in bytes. */
  readonly onAnswer: (answer: unknown, residentBytes: number) => void;
}

/** Time that an invocation has. */
const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Lambda's Runtime API and the services that the worker calls, on one port of this machine. It takes in whatever it is given: every insert finds its
 * key free, every transaction goes through.
 */
export class AwsStub {
  public static async start(options: AwsStubOptions): Promise<AwsStub> {
    const stub = new AwsStub(options);
    await new Promise<void>((resolve) => { stub.server.listen(0, '127.0.0.1', resolve); });
    return stub;
  }

  private readonly server: http.Server;
  private requests = 0;
  private statementCount = 0;
  private transactionCount = 0;

  private constructor(private readonly options: AwsStubOptions) {
    this.server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.answer(request, Buffer.concat(chunks).toString('utf8'), response));
    });
    // Connections are kept for the whole run, whatever the pauses.
    this.server.keepAliveTimeout = 0;
  }

  /** Host and port. */
  public get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Statements and transactions that were taken in. */
  public get taken(): { readonly statements: number; readonly transactions: number } {
    return { statements: this.statementCount, transactions: this.transactionCount };
  }

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(request: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    if (request.url?.startsWith(RUNTIME_PATH)) {
      this.answerRuntime(request, body, response);
      return;
    }
    const operation = String(request.headers['x-amz-target']).split('.').at(-1);
    switch (operation) {
      case 'BatchExecuteStatement': {
        const { Statements: statements } = JSON.parse(body) as { readonly Statements: readonly unknown[] };
        this.statementCount += statements.length;
        send(response, 200, { Responses: statements.map(() => ({ TableName: 'ledger' })) });
        break;
      }
      case 'TransactWriteItems':
        this.transactionCount++;
        send(response, 200, {});
        break;
      default:
        send(response, 400, { __type: 'UnknownOperationException', message: `the stub does not know ${operation}` });
    }
  }

  private answerRuntime(request: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    if (request.method === 'POST') {
      this.options.onAnswer(JSON.parse(body), Number(request.headers[RESIDENT_BYTES]));
      send(response, 202, { status: 'OK' });
      return;
    }
    const event = this.options.nextEvent();
    if (event === undefined) {
      send(response, 410, { errorMessage: 'there are no more events' });
      return;
    }
    response.setHeader('lambda-runtime-aws-request-id', String(++this.requests));
    response.setHeader('lambda-runtime-deadline-ms', String(Date.now() + TIMEOUT_MILLISECONDS));
    send(response, 200, event);
  }
}

function send(response: http.ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
