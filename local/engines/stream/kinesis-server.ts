import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisError } from './errors';
import type { KinesisEngine } from './kinesis-engine';
import { runOperation } from './operations';
import { KinesisRequest } from './request';

const TARGET_PREFIX = 'Kinesis_20131202.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

export interface KinesisServerProps {
  readonly engine: KinesisEngine;
  /** Port on 127.0.0.1. @default 0 - one that is free */
  readonly port?: number;
}

/** Serves an engine over HTTP/1.1 on the loopback address in the AWS JSON 1.1 protocol. Signatures are not checked. */
export class KinesisServer {
  private readonly server: Server;
  private requestNumber = 0;

  private constructor(private readonly engine: KinesisEngine) {
    this.server = createServer((request, response) => this.serve(request, response));
    // Clients keep connections for as long as they live; the default of 5 seconds would cut them while idle.
    this.server.keepAliveTimeout = 120_000;
  }

  /** @throws Error when the port is taken */
  static async start({ engine, port }: KinesisServerProps): Promise<KinesisServer> {
    const started = new KinesisServer(engine);
    await new Promise<void>((resolve, reject) => {
      started.server.once('error', reject);
      started.server.listen(port ?? 0, '127.0.0.1', resolve);
    });
    return started;
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

  private serve(request: IncomingMessage, response: ServerResponse): void {
    // Base64 takes a third more than the data; the rest is room for keys and JSON.
    const maximum = this.engine.limits.putRecordsBytes * 1.5 + 1024 * 1024;
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maximum) {
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      try {
        if (bytes > maximum) {
          throw new KinesisError('SerializationException', `The request must have at most ${maximum} bytes, got: ${bytes}`);
        }
        this.answer(response, 200, runOperation(this.engine, operationOf(request), KinesisRequest.parse(Buffer.concat(chunks, bytes).toString())));
      } catch (error) {
        this.refuse(response, error);
      }
    });
    // A client that went away leaves nothing to answer.
    request.on('error', () => response.destroy());
  }

  private refuse(response: ServerResponse, error: unknown): void {
    const known = error instanceof KinesisError ? error : new KinesisError('InternalFailure', error instanceof Error ? error.message : String(error));
    response.setHeader('x-amzn-errortype', known.code);
    this.answer(response, known.statusCode, { __type: known.code, message: known.message });
  }

  private answer(response: ServerResponse, statusCode: number, body: object): void {
    const text = Buffer.from(JSON.stringify(body));
    this.requestNumber += 1;
    response.writeHead(statusCode, { 'content-type': CONTENT_TYPE, 'content-length': text.length, 'x-amzn-requestid': `local-${this.requestNumber}` });
    response.end(text);
  }
}

function operationOf(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX)) {
    throw new KinesisError('UnknownOperationException', `The header X-Amz-Target must begin with ${TARGET_PREFIX}, got: ${String(target)}`);
  }
  if (request.headers['content-type'] !== CONTENT_TYPE) {
    throw new KinesisError('SerializationException', `The header Content-Type must be ${CONTENT_TYPE}, got: ${String(request.headers['content-type'])}`);
  }
  return target.slice(TARGET_PREFIX.length);
}
