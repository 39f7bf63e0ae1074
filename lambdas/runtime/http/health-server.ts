import type { IncomingMessage, ServerResponse } from 'node:http';
import { EXPOSITION_CONTENT_TYPE } from '../observability/prometheus-text';
import { GracefulServer } from './graceful-server';
import { PROBLEM_CONTENT_TYPE, problemJson } from './problem';

/** What a probe asks of a process. */
export interface Health {
  /** False when only a new process helps: the platform then starts one. */
  readonly isAlive: boolean;
  /** False while it does not do its work yet, or no longer. */
  readonly isReady: boolean;
}

/** What is there besides probes. */
export interface HealthServerOptions {
  /** Figures of the process in Prometheus's text format, at `GET /metrics`. @default - there are none */
  readonly metrics?: () => string;
}

/**
 * Answers the probes of a platform over HTTP: `GET /livez` and `GET /readyz`, with 200 or 503, and shows what the process counts. For processes that
 * serve nothing else, and for ports that nobody outside of the platform reaches.
 */
export class HealthServer {
  private readonly server: GracefulServer;

  public constructor(private readonly health: Health, private readonly options: HealthServerOptions = {}) {
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

  private answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const probes: Readonly<Record<string, () => boolean>> = { '/livez': () => this.health.isAlive, '/readyz': () => this.health.isReady };
    const { metrics } = this.options;
    const probe = Object.hasOwn(probes, url) ? probes[url] : undefined;
    const shows = probe === undefined && url === '/metrics' && metrics !== undefined;
    const isThere = shows || probe !== undefined;
    const status = !isThere ? 404 : method !== 'GET' && method !== 'HEAD' ? 405 : shows || probe!() ? 200 : 503;
    const [type, body] = status !== 200
      ? [PROBLEM_CONTENT_TYPE, problemJson(status, { detail: DETAILS[status] })]
      : shows ? [EXPOSITION_CONTENT_TYPE, metrics()] : ['application/json', '{"status":"ok"}'];
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
}

const DETAILS: Readonly<Record<number, string>> = {
  404: 'There are probes, /livez and /readyz, and where the process shows what it counts /metrics.',
  405: 'What is here is asked with GET.',
  503: 'Not now.',
};
