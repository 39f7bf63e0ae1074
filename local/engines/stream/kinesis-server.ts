import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisError } from './errors';
import type { KinesisEngine } from './kinesis-engine';
import type { KinesisFaults } from './kinesis-faults';
import { runOperation } from './operations';
import { KinesisRequest } from './request';

const TARGET_PREFIX = 'Kinesis_20131202.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** Operations that lose their answer while answers are lost. */
const WRITES: ReadonlySet<string> = new Set(['PutRecord', 'PutRecords']);

export interface KinesisServerProps {
  readonly engine: KinesisEngine;
  /** Port on 127.0.0.1. @default 0 - one that is free */
  readonly port?: number;
  /** What may go wrong with calls. @default - nothing */
  readonly faults?: KinesisFaults;
}

/** Serves an engine over HTTP/1.1 on the loopback address in the AWS JSON 1.1 protocol. Signatures are not checked. */
export class KinesisServer {
  private readonly server: Server;
  private requestNumber = 0;

  private constructor(private readonly engine: KinesisEngine, private readonly faults: KinesisFaults | undefined) {
    this.server = createServer((request, response) => this.serve(request, response));
    // Clients keep connections for as long as they live; the default of 5 seconds would cut them while idle.
    this.server.keepAliveTimeout = 120_000;
  }

  /** @throws Error when the port is taken */
  static async start({ engine, port, faults }: KinesisServerProps): Promise<KinesisServer> {
    const started = new KinesisServer(engine, faults);
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
      const read = (): string => {
        if (bytes > maximum) {
          throw new KinesisError('SerializationException', `The request must have at most ${maximum} bytes, got: ${bytes}`);
        }
        return Buffer.concat(chunks, bytes).toString();
      };
      this.run(request, response, read).catch((error: unknown) => this.refuse(response, error));
    });
    // A client that went away leaves nothing to answer.
    request.on('error', () => response.destroy());
  }

  /** Runs one call. Without a fault it is answered before anything else happens. */
  private async run(request: IncomingMessage, response: ServerResponse, body: () => string): Promise<void> {
    const operation = operationOf(request);
    const input = KinesisRequest.parse(body());
    const { faults } = this;
    if (!faults) {
      this.answer(response, 200, runOperation(this.engine, operation, input));
      return;
    }
    if (faults.refusesCall()) {
      throw new KinesisError('InternalFailure', 'The stream is unavailable.');
    }
    if (operation === 'GetRecords' && faults.expiresIterator()) {
      throw new KinesisError('ExpiredIteratorException', 'Iterator expired before its time.');
    }
    const streamName = operation === 'PutRecords' ? nameOfStream(input) : undefined;
    const kill = streamName === undefined ? undefined : faults.takeApiKill(streamName);
    if (kill === 'inside' && !(await faults.hold(kill, streamName!, closed(response)))) {
      return;
    }
    const result = runOperation(this.engine, operation, input);
    if (kill === 'after-effects' && !(await faults.hold(kill, streamName!, closed(response)))) {
      return;
    }
    if (WRITES.has(operation) && faults.losesAnswer()) {
      response.destroy();
      return;
    }
    this.answer(response, 200, result);
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

/** Name of the stream that a request writes to; it has one of the two members, or the operation refuses it. */
function nameOfStream(request: KinesisRequest): string {
  return request.optionalText('StreamName') ?? request.text('StreamARN').replace(/^.*:stream\//, '');
}

/** Aborts when the connection closes before the call was answered. */
function closed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) {
    controller.abort();
  }
  response.once('close', () => controller.abort());
  return controller.signal;
}
