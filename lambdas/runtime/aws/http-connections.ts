import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { type HttpAnswer, HttpAnswerReader } from './http-answer';

/** Carries whole HTTP requests to one server. */
export interface HttpTransport {
  /**
   * @param request the request's bytes, head and body
   * @param timeoutMilliseconds how long it may take, waiting for a connection included
   * @throws Error when no complete answer came: the effect is unknown
   */
  exchange(request: Uint8Array, timeoutMilliseconds: number): Promise<HttpAnswer>;
  /** Closes all connections. Exchanges under way fail. */
  close(): void;
}

/** A connection is left alone so long before the server said it would close it, so that no request meets its end. */
const CLOSING_MARGIN_MILLISECONDS = 1_000;
const KEEP_ALIVE_TIMEOUT = /(?:^|[,;\s])timeout=(\d{1,9})/i;

/** A request on its way. */
interface Exchange {
  readonly request: Uint8Array;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
  timer?: NodeJS.Timeout;
  /** Set once it has a connection. */
  connection?: Connection;
}

/**
 * Kept-alive connections to one server, each with one exchange at a time: what `http.Agent` and `http.request` do, for a hundredth of their code.
 *
 * A service's client signs some hundred calls a second on few connections, where the objects and events of `http.request` cost more than the call's
 * JSON, hash and system calls together (docs/performance.md). It sends whole requests, so that each is one write.
 */
export class HttpConnections implements HttpTransport {
  /** The one used last comes last, and is the next to be used: the least likely to have been closed by the other side meanwhile. */
  private readonly idle: Connection[] = [];
  private readonly open = new Set<Connection>();
  private readonly waiting: Exchange[] = [];
  private session: Buffer | undefined;
  private isClosed = false;

  /** @param maximumConnections connections open at most; further exchanges wait for one */
  public constructor(private readonly server: URL, private readonly maximumConnections: number) {}

  public exchange(request: Uint8Array, timeoutMilliseconds: number): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const exchange: Exchange = { request, resolve, reject };
      exchange.timer = setTimeout(() => this.giveUp(exchange, timeoutMilliseconds), timeoutMilliseconds);
      this.start(exchange);
    });
  }

  public close(): void {
    this.isClosed = true;
    const error = new Error('the client was closed');
    this.waiting.splice(0).forEach((exchange) => fail(exchange, error));
    [...this.open].forEach((connection) => connection.destroy(error));
  }

  private start(exchange: Exchange): void {
    if (this.isClosed) {
      fail(exchange, new Error('the client was closed'));
      return;
    }
    let connection = this.idle.pop();
    while (connection !== undefined && !connection.isUsable) {
      connection.destroy();
      connection = this.idle.pop();
    }
    if (connection === undefined) {
      if (this.open.size >= this.maximumConnections) {
        this.waiting.push(exchange);
        return;
      }
      connection = this.connect();
    }
    connection.begin(exchange);
  }

  private connect(): Connection {
    const connection = new Connection(this.socket(), {
      onIdle: () => {
        const next = this.waiting.shift();
        if (next === undefined) {
          this.idle.push(connection);
          return false;
        }
        connection.begin(next);
        return true;
      },
      onClose: () => {
        this.open.delete(connection);
        const at = this.idle.lastIndexOf(connection);
        if (at >= 0) {
          this.idle.splice(at, 1);
        }
        const next = this.waiting.shift();
        if (next !== undefined) {
          this.start(next);
        }
      },
    });
    this.open.add(connection);
    return connection;
  }

  private socket(): Socket {
    // A literal IPv6 address stands in brackets in a URL only.
    const host = this.server.hostname.replace(/^\[(.*)\]$/, '$1');
    if (this.server.protocol !== 'https:') {
      return connect({ host, port: Number(this.server.port || 80), noDelay: true });
    }
    const socket: TLSSocket = connectSecurely({
      host,
      port: Number(this.server.port || 443),
      // Server Name Indication knows names only: RFC 6066, section 3.
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      session: this.session,
    });
    socket.setNoDelay(true);
    // The next connection resumes it, for a shorter handshake.
    socket.on('session', (session) => { this.session = session; });
    return socket;
  }

  private giveUp(exchange: Exchange, timeoutMilliseconds: number): void {
    const error = new Error(`no answer within ${timeoutMilliseconds} ms`);
    if (exchange.connection !== undefined) {
      exchange.connection.destroy(error);
      return;
    }
    const at = this.waiting.indexOf(exchange);
    if (at >= 0) {
      this.waiting.splice(at, 1);
    }
    fail(exchange, error);
  }
}

interface ConnectionEvents {
  /** @returns whether it has found something to do */
  readonly onIdle: () => boolean;
  readonly onClose: () => void;
}

/** One connection. */
class Connection {
  private exchange: Exchange | undefined;
  private reader: HttpAnswerReader | undefined;
  private failure: Error | undefined;
  private usableUntil = Number.POSITIVE_INFINITY;
  private isReferenced = true;

  public constructor(private readonly socket: Socket, private readonly events: ConnectionEvents) {
    socket.on('data', (piece: Buffer) => this.read(piece));
    socket.on('error', (error) => { this.failure ??= error; });
    socket.on('end', () => this.readEnd());
    socket.on('close', () => this.onClose());
  }

  public get isUsable(): boolean {
    return this.failure === undefined && this.socket.writable && !this.socket.destroyed && Date.now() < this.usableUntil;
  }

  public begin(exchange: Exchange): void {
    exchange.connection = this;
    this.exchange = exchange;
    this.reader = new HttpAnswerReader();
    if (!this.isReferenced) {
      this.socket.ref();
      this.isReferenced = true;
    }
    this.socket.write(exchange.request);
  }

  public destroy(error?: Error): void {
    this.failure ??= error;
    this.socket.destroy();
  }

  private read(piece: Buffer): void {
    if (this.reader === undefined) {
      // Nobody asked: whatever it is, the next answer could be taken for that of another request.
      this.destroy();
      return;
    }
    let answer: HttpAnswer | undefined;
    try {
      answer = this.reader.push(piece);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    if (answer !== undefined) {
      this.finish(answer);
    }
  }

  /** The server closes the connection, which is also how it may end an answer. */
  private readEnd(): void {
    if (this.reader !== undefined) {
      try {
        this.finish(this.reader.end());
      } catch (error) {
        this.destroy(error as Error);
      }
    }
  }

  private finish(answer: HttpAnswer): void {
    const exchange = this.exchange as Exchange;
    this.exchange = undefined;
    this.reader = undefined;
    const seconds = answer.keepsConnection ? KEEP_ALIVE_TIMEOUT.exec(answer.header('keep-alive') ?? '')?.[1] : undefined;
    this.usableUntil = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + 1_000 * Number(seconds) - CLOSING_MARGIN_MILLISECONDS;
    if (!answer.keepsConnection) {
      this.socket.destroy();
    } else if (!this.events.onIdle()) {
      // A process may end while its connections are idle.
      this.socket.unref();
      this.isReferenced = false;
    }
    succeed(exchange, answer);
  }

  private onClose(): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.reader = undefined;
    // First this, so that whoever is told can go on at once.
    this.events.onClose();
    if (exchange !== undefined) {
      fail(exchange, this.failure ?? new Error('the connection was closed'));
    }
  }
}

function succeed({ timer, resolve }: Exchange, answer: HttpAnswer): void {
  clearTimeout(timer);
  resolve(answer);
}

function fail({ timer, reject }: Exchange, error: Error): void {
  clearTimeout(timer);
  reject(error);
}
