import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { StatelessPods } from './stateless-pods';

/** Who tokens come from. */
export interface TokenIssuerOptions {
  /** Issuer, the claim `iss`. */
  readonly issuer: string;
  /** Audiences, of which a token must name one in `aud`. */
  readonly audiences: readonly string[];
  /** Address of the issuer's keys, over HTTPS. */
  readonly jwksUri: string;
  /**
   * Claim that names the tenant; what it says goes to the API as a header, and limits count by it.
   *
   * @default 'sub'
   */
  readonly tenantClaim?: string;
  /**
   * Scopes that a token must have.
   *
   * @default - none
   */
  readonly scopes?: readonly string[];
}

/** Where the gateway finds the keys of clients that have no tokens. */
export interface ApiKeyOptions {
  /** Name of the secret: a key for each client, by its name. An operator such as External Secrets fills it. */
  readonly secretName: string;
  /**
   * Header that carries the key.
   *
   * @default 'x-api-key'
   */
  readonly header?: string;
}

/** What a gateway is made with. */
export interface GatewayTierProps {
  /** Name of the gateway and of what belongs to it. */
  readonly name: string;
  /** What one cell has to carry. */
  readonly workload: Workload;
  /** Name that clients call. */
  readonly hostname: string;
  /** Name of the secret with the certificate of the host, as cert-manager writes it. */
  readonly certificateSecretName: string;
  /** The pods that answer. */
  readonly backend: StatelessPods;
  /**
   * Path under which they answer.
   *
   * @default '/'
   */
  readonly path?: string;
  /**
   * Facts that sizes rest on.
   *
   * @default Facts.DEFAULT
   */
  readonly facts?: Facts;
  /**
   * Tokens that are taken.
   *
   * @default - none; then API keys or client certificates must be
   */
  readonly tokens?: TokenIssuerOptions;
  /**
   * API keys that are taken.
   *
   * @default - none; then tokens or client certificates must be
   */
  readonly apiKeys?: ApiKeyOptions;
  /**
   * Name of the secret or ConfigMap with the authority whose certificates clients must show (mutual TLS).
   *
   * @default - clients show none
   */
  readonly clientAuthoritySecretName?: string;
  /**
   * Requests a second that one tenant may send, counted over all proxies by the rate limit service of the gateway (a Redis behind it).
   *
   * @default - from the workload: as for clients of the API
   */
  readonly requestsPerSecondOfTenant?: number;
  /**
   * Proxies.
   *
   * @default - from the workload
   */
  readonly replicas?: number;
  /**
   * Tags of the load balancer in front: no stack passes its own on to what a controller makes.
   *
   * @default - none but those of its controller
   */
  readonly tags?: { readonly [key: string]: string };
  /**
   * Whether the load balancer in front has an address in the network alone.
   *
   * @default false
   */
  readonly internal?: boolean;
}
