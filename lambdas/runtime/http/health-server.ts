import type { IncomingMessage, ServerResponse } from 'node:http';
import { GracefulServer } from './graceful-server';
import { PROBLEM_CONTENT_TYPE, problemJson } from './problem';

/** What a probe asks of a process. */
export interface Health {
  /** False when only a new process helps: the platform then starts one. */
  readonly isAlive: boolean;
  /** False while it does not do its work yet, or no longer. */
  readonly isReady: boolean;
}

/** Answers the probes of a platform over HTTP: `GET /livez` and `GET /readyz`, with 200 or 503. For processes that serve nothing else. */
export class HealthServer {
  private readonly server: GracefulServer;

  public constructor(private readonly health: Health) {
    this.server = new GracefulServer(async (request, response) => this.answer(request, response));
  }

  /**
   * @param port 0 lets the system choose
   * @param host @default - all addresses
   * @returns the port listened on
   */
  public listen(port: number, host?: string): Promise<number> {
    return this.server.listen(port, host);
  }

  public close(): Promise<void> {
    return this.server.drain();
  }

  private answer({ method, url }: IncomingMessage, response: ServerResponse): void {
    const probes: Readonly<Record<string, () => boolean>> = { '/livez': () => this.health.isAlive, '/readyz': () => this.health.isReady };
    const probe = url !== undefined && Object.hasOwn(probes, url) ? probes[url] : undefined;
    const status = probe === undefined ? 404 : method !== 'GET' && method !== 'HEAD' ? 405 : probe() ? 200 : 503;
    const [type, body] = status === 200 ? ['application/json', '{"status":"ok"}'] : [PROBLEM_CONTENT_TYPE, problemJson(status, { detail: DETAILS[status] })];
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
}

const DETAILS: Readonly<Record<number, string>> = {
  404: 'There are /livez and /readyz.',
  405: 'Probes are asked with GET.',
  503: 'Not now.',
};
