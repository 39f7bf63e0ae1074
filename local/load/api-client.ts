import * as http from 'node:http';

/** An answer of the API, or the lack of one. */
export interface ApiAnswer {
  /** HTTP status, 0 where the connection ended or the time was over before an answer came. */
  readonly status: number;
  readonly body: string;
  readonly retryAfterSeconds?: number;
}

/** How long a request may stay without an answer. */
const ANSWER_TIMEOUT_MILLISECONDS = 30_000;

/**
 * Connections of one client at most, as a gateway has a pool of them. Requests beyond wait for one; the time at which they were due counts. All
 * clients of a load (eight) together stay below the connections that a server of Node.js lets wait to be taken (511): the system drops what comes
 * beyond them, and tries it again after a second, three, seven and so on.
 */
const MOST_CONNECTIONS = 32;

/** Speaks plain HTTP with one API task over kept-alive connections. */
export class ApiClient {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  private readonly headers: http.OutgoingHttpHeaders;

  constructor(
    private readonly target: { readonly host: string; readonly port: number },
    token: string | undefined,
  ) {
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** @param body bytes as they are, or a text, which leaves in one piece with the headers */
  post(path: string, body: Buffer | string): Promise<ApiAnswer> {
    return this.send('POST', path, body);
  }

  get(path: string): Promise<ApiAnswer> {
    return this.send('GET', path, undefined);
  }

  close(): void {
    this.agent.destroy();
  }

  private send(method: string, path: string, body: Buffer | string | undefined): Promise<ApiAnswer> {
    return new Promise((resolve) => {
      let answered = false;
      const unanswered = (): void => {
        if (!answered) {
          answered = true;
          resolve({ status: 0, body: '' });
        }
      };
      const request = http.request(
        {
          ...this.target,
          agent: this.agent,
          method,
          path,
          headers: body === undefined ? this.headers : { ...this.headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          timeout: ANSWER_TIMEOUT_MILLISECONDS,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            answered = true;
            const retryAfter = response.headers['retry-after'];
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
              retryAfterSeconds: retryAfter === undefined ? undefined : Number(retryAfter),
            });
          });
          response.on('error', unanswered);
        },
      );
      request.on('timeout', () => request.destroy());
      request.on('error', unanswered);
      request.on('close', unanswered);
      request.end(body);
    });
  }
}
