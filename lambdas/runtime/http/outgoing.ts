import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { BlockList, isIP } from 'node:net';

/** A request to somebody else's server. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly body?: string;
  /** How long it may take, from the first byte to the last. */
  readonly timeoutMilliseconds: number;
}

/** An answer, whatever its status. */
export interface OutgoingAnswer {
  readonly statusCode: number;
  /** Cut off behind the first 64 KiB. */
  readonly text: string;
}

/** No complete answer came. Whether the request had its effect is unknown. */
export class NoAnswerError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoAnswerError';
  }
}

/** The request must not be made: its address is none that this runtime talks to. Nothing was sent. */
export class ForbiddenAddressError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'ForbiddenAddressError';
  }
}

/** Makes one request. No redirect is followed. */
export interface OutgoingClient {
  /**
   * @throws NoAnswerError when no complete answer came
   * @throws ForbiddenAddressError when the address is none to talk to
   */
  send(request: OutgoingRequest): Promise<OutgoingAnswer>;
}

export interface HttpsClientOptions {
  /**
   * Which hosts it talks to. `public`: none of a private, local or reserved network, whatever a name resolves to; for addresses that
   * others chose. `any`: every host; plain HTTP to this machine only.
   */
  readonly hosts: 'public' | 'any';
  /** Certificates to trust in place of those of Node.js. @default - those of Node.js */
  readonly certificateAuthorities?: readonly string[];
  /** Connections kept open at most, a host. @default 20 */
  readonly maximumConnections?: number;
}

const MAXIMUM_ANSWER_BYTES = 64 * 1_024;

/** Requests over HTTPS. */
export class HttpsClient implements OutgoingClient {
  private readonly secureAgent: https.Agent;
  private readonly plainAgent: http.Agent;

  public constructor(private readonly options: HttpsClientOptions) {
    const { certificateAuthorities, maximumConnections: maxSockets = 20 } = options;
    const trust = certificateAuthorities === undefined ? undefined : { ca: [...certificateAuthorities] };
    this.secureAgent = new https.Agent({ keepAlive: true, maxSockets, minVersion: 'TLSv1.2', ...trust });
    this.plainAgent = new http.Agent({ keepAlive: true, maxSockets });
  }

  public async send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    const url = this.checked(request.url);
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        clearTimeout(timer);
        reject(error instanceof ForbiddenAddressError ? error : new NoAnswerError(error.message, error));
      };
      const body = request.body === undefined ? undefined : Buffer.from(request.body);
      const outgoing = (secure ? https : http).request(url, {
        method: request.method,
        agent: secure ? this.secureAgent : this.plainAgent,
        headers: { ...request.headers, ...(body === undefined ? undefined : { 'content-length': body.length }) },
        ...(this.options.hosts === 'public' ? { lookup: lookupPublic } : undefined),
      }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          if (bytes < MAXIMUM_ANSWER_BYTES) {
            chunks.push(chunk.subarray(0, MAXIMUM_ANSWER_BYTES - bytes));
          }
          bytes += chunk.length;
        });
        response.on('error', lost);
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ statusCode: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.on('error', lost);
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${request.timeoutMilliseconds} ms`)), request.timeoutMilliseconds);
      outgoing.end(body);
    });
  }

  /** Closes idle and busy connections. Requests under way fail. */
  public close(): void {
    this.secureAgent.destroy();
    this.plainAgent.destroy();
  }

  private checked(text: string): URL {
    let url: URL;
    try {
      url = new URL(text);
    } catch {
      throw new ForbiddenAddressError('the address is no URL');
    }
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.options.hosts === 'any' && host === '127.0.0.1')) {
      throw new ForbiddenAddressError('the address must be one of HTTPS');
    }
    if (url.username !== '' || url.password !== '') {
      throw new ForbiddenAddressError('the address must hold no credentials');
    }
    // A literal address is never looked up, so that it is judged here.
    if (this.options.hosts === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) {
      throw new ForbiddenAddressError('the address is not a public one');
    }
    return url;
  }
}

/**
 * Networks that are not the internet. Source: the special-purpose address registries of IANA. One list for each family: in a list with both, the
 * network of mapped addresses would cover every address of IPv4.
 */
const RESERVED = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  RESERVED.ipv4.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128], ['::1', 128], ['::ffff:0:0', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32],
  ['2002::', 16], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8],
] as const) {
  RESERVED.ipv6.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address is one of the internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return version !== 0 && !RESERVED[family].check(address, family);
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves a name to public addresses only, at the moment of the connection: a name may resolve to something else a moment later. */
function lookupPublic(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const usable = (addresses ?? []).filter(({ address }) => isPublicAddress(address));
    if (error !== null) {
      callback(error, '');
    } else if (usable.length < addresses.length || usable.length === 0) {
      callback(new ForbiddenAddressError('the host resolves to an address that is not a public one'), '');
    } else if (options.all === true) {
      callback(null, usable);
    } else {
      callback(null, usable[0].address, usable[0].family);
    }
  });
}
