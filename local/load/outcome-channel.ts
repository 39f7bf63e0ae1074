import * as net from 'node:net';
import type { Outcome } from './outcome';

/** How long outcomes are gathered before they are written. */
const FLUSH_MILLISECONDS = 20;

/** The load generator's end of the connection to the checker: outcomes go out, settled payments come back. One JSON array a line. */
export class OutcomeSender {
  static connect(port: number, onSettled: (identities: readonly string[]) => void): Promise<OutcomeSender> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(new OutcomeSender(socket)));
      socket.once('error', reject);
      readLines(socket, (line) => onSettled(JSON.parse(line) as string[]));
    });
  }

  private pending: Outcome[] = [];
  private timer?: NodeJS.Timeout;

  private constructor(private readonly socket: net.Socket) {
    socket.setNoDelay(true);
  }

  send(outcome: Outcome): void {
    this.pending.push(outcome);
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MILLISECONDS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.length > 0) {
      this.socket.write(`${JSON.stringify(this.pending)}\n`);
      this.pending = [];
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

  private constructor(onOutcomes: (outcomes: readonly Outcome[]) => void) {
    this.server = net.createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      // A generator that died: what it did not report was never promised to anybody.
      socket.on('error', () => socket.destroy());
      readLines(socket, (line) => onOutcomes(JSON.parse(line) as Outcome[]));
    });
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Tells every connected generator which payments have settled. */
  settled(identities: readonly string[]): void {
    const line = `${JSON.stringify(identities)}\n`;
    this.sockets.forEach((socket) => socket.write(line));
  }

  close(): void {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
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
