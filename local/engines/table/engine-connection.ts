import * as net from 'node:net';
import type { EngineAnswer } from './table-engine';

const HEADER_END = Buffer.from('\r\n\r\n');

interface PendingCall {
  readonly resolve: (answer: EngineAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One kept-alive HTTP/1.1 connection to an engine on this machine, for one call at a time.
 *
 * The engine is called for every batch of payments, and this costs a third of what the general HTTP client of Node.js does. It reads answers
 * that state their length, and refuses others.
 */
export class EngineConnection {
  private readonly socket: net.Socket;
  private pending?: PendingCall;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  /** Bytes of the whole answer, known when its header has come. */
  private expectedBytes = Number.POSITIVE_INFINITY;
  private headerBytes = 0;
  private status = 0;
  private failure?: Error;

  constructor(port: number) {
    this.socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('data', (data) => this.onData(data));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('The engine closed the connection')));
  }

  /** Whether calls can be made. */
  public get usable(): boolean {
    return this.failure === undefined;
  }

  /** Sends a request and waits for its answer. Not to be called while another call waits. */
  public call(head: string, body: Buffer | string): Promise<EngineAnswer> {
    if (this.failure !== undefined) {
      return Promise.reject(this.failure);
    }
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      const header = `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
      if (typeof body === 'string') {
        this.socket.write(header + body);
        return;
      }
      this.socket.cork();
      this.socket.write(header, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    });
  }

  /** Closes the connection; a call that waits is rejected. */
  public close(): void {
    this.socket.destroy();
  }

  private onData(data: Buffer): void {
    this.received.push(data);
    this.receivedBytes += data.length;
    if (this.headerBytes === 0 && !this.readHeader()) {
      return;
    }
    if (this.receivedBytes >= this.expectedBytes) {
      this.finish();
    }
  }

  private readHeader(): boolean {
    const bytes = this.received.length === 1 ? this.received[0] : Buffer.concat(this.received);
    const end = bytes.indexOf(HEADER_END);
    if (end < 0) {
      return false;
    }
    const header = bytes.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(header);
    if (length === null) {
      this.socket.destroy(new Error('The engine answered without a Content-Length'));
      return false;
    }
    this.status = Number(header.slice(9, 12));
    this.headerBytes = end + HEADER_END.length;
    this.expectedBytes = this.headerBytes + Number(length[1]);
    return true;
  }

  private finish(): void {
    const bytes = this.received.length === 1 ? this.received[0] : Buffer.concat(this.received);
    const answer = { status: this.status, body: bytes.toString('utf8', this.headerBytes, this.expectedBytes) };
    const { pending } = this;
    this.pending = undefined;
    this.received = [];
    this.receivedBytes = 0;
    this.expectedBytes = Number.POSITIVE_INFINITY;
    this.headerBytes = 0;
    pending?.resolve(answer);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.pending?.reject(this.failure);
    this.pending = undefined;
  }
}
