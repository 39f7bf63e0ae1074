import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An error that a service answers with. */
export class ServiceError extends Error {
  constructor(readonly code: string, message: string, readonly statusCode = 400) {
    super(message);
    this.name = code;
  }
}

export interface JsonProtocolServerProps {
  /** What stands before the operation in the header X-Amz-Target, e.g. `AWSEvents`. */
  readonly targetPrefix: string;
  readonly jsonVersion: '1.0' | '1.1';
  /** Operations by name. They throw ServiceError for an error answer. */
  readonly operations: { readonly [operation: string]: (input: Readonly<Record<string, unknown>>) => Promise<object> };
}

/** Serves the operations of a service on a loopback port in the AWS JSON protocol. Signatures are not checked. */
export class JsonProtocolServer {
  static async start(props: JsonProtocolServerProps): Promise<JsonProtocolServer> {
    const started = new JsonProtocolServer(props);
    await new Promise<void>((resolve, reject) => {
      started.server.once('error', reject);
      started.server.listen(0, '127.0.0.1', resolve);
    });
    return started;
  }

  private readonly server: Server;
  private requestNumber = 0;

  private constructor(private readonly props: JsonProtocolServerProps) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    // Clients keep connections for as long as they live; the default of 5 seconds would cut them while idle.
    this.server.keepAliveTimeout = 120_000;
  }

  /** Where clients connect, e.g. `http://127.0.0.1:41234`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Stops listening and closes every connection. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    try {
      this.answer(response, 200, await this.run(request, Buffer.concat(chunks).toString()));
    } catch (error) {
      const known = error instanceof ServiceError ? error : new ServiceError('InternalFailure', (error as Error).message, 500);
      response.setHeader('x-amzn-errortype', known.code);
      this.answer(response, known.statusCode, { __type: known.code, message: known.message });
    }
  }

  private run(request: IncomingMessage, body: string): Promise<object> {
    const { operations, targetPrefix } = this.props;
    const target = String(request.headers['x-amz-target']);
    const operation = target.startsWith(`${targetPrefix}.`) ? target.slice(targetPrefix.length + 1) : '';
    if (!Object.hasOwn(operations, operation)) {
      throw new ServiceError('UnknownOperationException', `The operation ${target} is not served here.`);
    }
    let input: unknown;
    try {
      input = JSON.parse(body === '' ? '{}' : body);
    } catch {
      throw new ServiceError('SerializationException', 'The request is not JSON.');
    }
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new ServiceError('SerializationException', 'The request is no JSON object.');
    }
    return operations[operation](input as Record<string, unknown>);
  }

  private answer(response: ServerResponse, statusCode: number, body: object): void {
    const text = Buffer.from(JSON.stringify(body));
    this.requestNumber += 1;
    response.writeHead(statusCode, {
      'content-type': `application/x-amz-json-${this.props.jsonVersion}`, 'content-length': text.length, 'x-amzn-requestid': `local-${this.requestNumber}`,
    });
    response.end(text);
  }
}
