import * as http from 'node:http';
import { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROBLEM_CONTENT_TYPE, problemJson } from './problem';

export type RequestHandler = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>;

export interface GracefulServerOptions {
  /** How long an idle connection is kept, in milliseconds; longer than the load balancer in front keeps its own. @default 75000 */
  readonly keepAliveMilliseconds?: number;
  /** Time for the headers of a request, in milliseconds. @default 10000 */
  readonly headersMilliseconds?: number;
  /** Time for a whole request to arrive, in milliseconds. @default 30000 */
  readonly requestMilliseconds?: number;
  /** Declared length from which on a client that asks first (`Expect: 100-continue`) is told not to send its body. @default 1 MiB */
  readonly maximumBodyBytes?: number;
}

/** An HTTP server that can be stopped without breaking off a request. */
export class GracefulServer {
  private readonly server: http.Server;
  private active = 0;
  private draining = false;
  private whenIdle: (() => void) | undefined;

  /** @param handler answers a request; it must not throw */
  public constructor(private readonly handler: RequestHandler, options: GracefulServerOptions = {}) {
    const { maximumBodyBytes = 1024 * 1024 } = options;
    this.server = http.createServer({
      keepAliveTimeout: options.keepAliveMilliseconds ?? 75_000,
      headersTimeout: options.headersMilliseconds ?? 10_000,
      requestTimeout: options.requestMilliseconds ?? 30_000,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    });
    this.server.on('request', (request, response) => { void this.serve(request, response); });
    this.server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      if (Number(request.headers['content-length'] ?? 0) > maximumBodyBytes) {
        // Whether the client still sends its body is its own choice, so the connection cannot be used any further.
        response.writeHead(413, { 'content-type': PROBLEM_CONTENT_TYPE, 'connection': 'close' });
        response.end(problemJson(413, { detail: `The body must be at most ${maximumBodyBytes} bytes long.`, field: '' }));
        return;
      }
      response.writeContinue();
      void this.serve(request, response);
    });
    this.server.on('clientError', refuseBrokenRequest);
  }

  public get isDraining(): boolean {
    return this.draining;
  }

  /**
   * @param port 0 lets the system choose
   * @param host @default - all addresses
   * @returns the port listened on
   */
  public async listen(port: number, host?: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Takes no new connections and resolves when every request under way is answered and all connections are closed.
   *
   * @param noticeMilliseconds how long connections are still taken, so that those who ask whether the server is ready
   * can hear that it is not. @default 0
   */
  public async drain(noticeMilliseconds = 0): Promise<void> {
    this.draining = true;
    if (noticeMilliseconds > 0) {
      await sleep(noticeMilliseconds);
    }
    const closed = new Promise<void>((resolve) => { this.server.close(() => resolve()); });
    if (this.active > 0) {
      await new Promise<void>((resolve) => { this.whenIdle = resolve; });
    }
    // What is left are connections without a request.
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.active++;
    response.once('close', () => {
      this.active--;
      if (this.active === 0) {
        this.whenIdle?.();
      }
    });
    await this.handler(request, response);
  }
}

function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = problemJson(status, { detail: 'The request is not HTTP/1.1 or did not arrive in time.' });
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\n`
    + `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
