import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { COMMANDS, runCommand } from './commands';
import type { DashboardFeed } from './feed';
import { type PageFile, readPageFiles } from './page-files';
import { isSecret, refusal, type Refusal } from './request-guard';
import { Updates } from './updates';

export interface DashboardProps {
  /** Port on 127.0.0.1. @default - chosen by the system */
  readonly port?: number;
  readonly feed: DashboardFeed;
}

/** Nothing but the files of this server: no other host, no inline script or style, no frame around it. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
  + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

const SECRET_BYTES = 16;
const MOST_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MILLISECONDS = 10_000;

/**
 * The live page of a run, on loopback.
 *
 * Everything is below a secret part of the address that is made anew for each run: who does not know it sees nothing and changes nothing.
 */
export class Dashboard {
  /**
   * Starts to listen.
   *
   * @throws Error when the port is taken (`EADDRINUSE`) or a file of the page is missing.
   */
  static async start(props: DashboardProps): Promise<Dashboard> {
    const dashboard = new Dashboard(props.feed);
    await dashboard.listen(props.port ?? 0);
    return dashboard;
  }

  private readonly secret = randomBytes(SECRET_BYTES).toString('base64url');
  private readonly files: ReadonlyMap<string, PageFile> = readPageFiles();
  private readonly updates: Updates;
  private readonly server = http.createServer((request, response) => void this.serve(request, response));

  private constructor(private readonly feed: DashboardFeed) {
    this.updates = new Updates(feed);
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  }

  /** Where people open the page; the secret is part of it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${this.secret}/`;
  }

  /** Sends the last snapshot, says that the run has ended, and stops listening. Call it before the parts end that the feed asks. */
  async close(): Promise<void> {
    await this.updates.close();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    setTimeout(() => this.server.closeAllConnections(), 1000).unref();
    await closed;
  }

  private listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const refused = refusal(request) ?? (await this.route(request, response));
      if (refused) {
        refuse(response, refused);
      }
    } catch (error) {
      refuse(response, { status: 500, message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Answers a request, or says why not. */
  private async route(request: http.IncomingMessage, response: http.ServerResponse): Promise<Refusal | undefined> {
    const [, secret, name, ...rest] = (request.url ?? '').split('?')[0].split('/');
    if (!isSecret(secret ?? '', this.secret) || rest.length > 0) {
      return { status: 404, message: 'Nothing here. The run prints the address of its page.' };
    }
    if (name === undefined) {
      response.writeHead(308, { ...HEADERS, Location: `/${this.secret}/` }).end();
      return undefined;
    }
    const isCommand = COMMANDS.has(name);
    if (!isCommand && name !== 'updates' && !this.files.has(name)) {
      return { status: 404, message: `This page has no ${name}.` };
    }
    const method = isCommand ? 'POST' : 'GET';
    if (request.method !== method) {
      response.setHeader('Allow', method);
      return { status: 405, message: `${name || 'The page'} is for ${method}.` };
    }
    if (isCommand) {
      return this.command(name, request, response);
    }
    return name === 'updates' ? this.listenTo(request, response) : this.sendFile(this.files.get(name)!, response);
  }

  private async command(name: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<Refusal | undefined> {
    const refused = await runCommand(name, this.feed, request);
    if (!refused) {
      response.writeHead(204, HEADERS).end();
    }
    return refused;
  }

  private listenTo(request: http.IncomingMessage, response: http.ServerResponse): Refusal | undefined {
    if (this.updates.isFull) {
      return { status: 503, message: 'Too many windows have this page open: close one.' };
    }
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream; charset=utf-8' });
    this.updates.listen(request, response);
    return undefined;
  }

  private sendFile(file: PageFile, response: http.ServerResponse): undefined {
    response.writeHead(200, { ...HEADERS, 'Content-Type': file.contentType, 'Content-Length': file.bytes.length }).end(file.bytes);
    return undefined;
  }
}

function refuse(response: http.ServerResponse, { status, message }: Refusal): void {
  // What is left of a request that was too large is not worth waiting for.
  const headers = status === 413 ? { ...HEADERS, Connection: 'close' } : HEADERS;
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify({ message }));
}
