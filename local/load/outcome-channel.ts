import * as net from 'node:net';
import type { Outcome } from './outcome';
import { OutcomeLine, readOutcomes } from './outcome-lines';

/** How long outcomes are gathered before they are written. */
const FLUSH_MILLISECONDS = 50;

/**
 * The load generator's end of the connection to the checker: outcomes go out, settled payments come back as long as somebody waits for them. One JSON
 * value a line: an array, or whether somebody waits.
 */
export class OutcomeSender {
  static connect(port: number, onSettled: (identities: readonly string[]) => void): Promise<OutcomeSender> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(new OutcomeSender(socket)));
      socket.once('error', reject);
      readLines(socket, (line) => onSettled(JSON.parse(line) as string[]));
    });
  }

  private readonly pending = new OutcomeLine();
  private timer?: NodeJS.Timeout;

  private constructor(private readonly socket: net.Socket) {
    socket.setNoDelay(true);
  }

  send(outcome: Outcome): void {
    this.pending.add(outcome);
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MILLISECONDS);
  }

  /** Tells whether anybody wants to hear of settled payments from now on. At first nobody does. */
  setWaiting(isWaiting: boolean): void {
    this.socket.write(`${isWaiting}\n`);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.pending.isEmpty) {
      this.socket.write(`${this.pending.take()}\n`);
    }
  }

  /** Writes what is left and waits until the checker has read it. */
  close(): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.end();
    });
  }
}

/** The checker's end. */
export class OutcomeReceiver {
  static listen(onOutcomes: (outcomes: readonly Outcome[]) => void): Promise<OutcomeReceiver> {
    return new Promise((resolve, reject) => {
      const receiver = new OutcomeReceiver(onOutcomes);
      receiver.server.once('error', reject);
      receiver.server.listen(0, '127.0.0.1', () => resolve(receiver));
    });
  }

  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();
  /** Those whose generator waits for payments to settle. */
  private readonly waiting = new Set<net.Socket>();
  /** Payments that have settled and of which nobody was told. */
  private news: string[] = [];

  private constructor(onOutcomes: (outcomes: readonly Outcome[]) => void) {
    this.server = net.createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.waiting.delete(socket);
      });
      // A generator that died: what it did not report was never promised to anybody.
      socket.on('error', () => socket.destroy());
      readLines(socket, (line) => {
        if (line === 'true') {
          this.waiting.add(socket);
        } else if (line === 'false') {
          this.waiting.delete(socket);
        } else {
          onOutcomes(readOutcomes(line));
        }
      });
    });
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Tells every generator that waits which payments have settled: at once, and in one line whatever is told before anything else happens. */
  settled(identities: readonly string[]): void {
    if (this.waiting.size === 0) {
      return;
    }
    if (this.news.length === 0) {
      setImmediate(() => this.tell());
    }
    for (const identity of identities) {
      this.news.push(identity);
    }
  }

  close(): void {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
  }

  private tell(): void {
    const line = `${JSON.stringify(this.news)}\n`;
    this.news = [];
    this.waiting.forEach((socket) => socket.write(line));
  }
}

function readLines(socket: net.Socket, onLine: (line: string) => void): void {
  let rest: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      onLine(Buffer.concat(rest).toString('utf8'));
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
    }
  });
}
