import { HttpProblem } from '../runtime/http/problem';

/** What a principal may be allowed to do. */
export const SCOPES = ['payments:write', 'payments:read', 'holds:write', 'payouts:write', 'fraud:review'] as const;
export type Scope = typeof SCOPES[number];

/** Who asks, and what for. */
export interface Principal {
  /** Name of the client, for its share of the load. */
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
  /** Merchants that it may act for. */
  readonly merchants: ReadonlySet<string> | 'all';
  /** What it may post. @default - what every client may */
  readonly paymentsPerSecond?: number;
}

/** By what a request says who sent it. */
export interface ClientCredentials {
  /** Value of the header of that name. */
  readonly authorization?: string;
  /** Value of the header `x-api-key`. */
  readonly apiKey?: string;
}

/**
 * Tells who sent a request.
 *
 * @param remoteAddress where the request came from
 * @throws HttpProblem 401, or 503 when that cannot be told at the moment
 */
export type Authenticator = (credentials: ClientCredentials, remoteAddress: string) => Principal | Promise<Principal>;

/** Lets everybody do everything. Only for trying things out by hand. */
export const authenticateNobody = (_credentials: ClientCredentials | undefined, remoteAddress: string): Principal => ({
  client: remoteAddress,
  scopes: new Set(SCOPES),
  merchants: 'all',
});

/** Goes by the API key where a request has one, else by its token. */
export function authenticateEither(byKey: Authenticator, byToken: Authenticator): Authenticator {
  return (credentials, remoteAddress) => (credentials.apiKey === undefined ? byToken : byKey)(credentials, remoteAddress);
}

/** @throws HttpProblem 403 when the principal lacks the scope */
export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) {
    const challenge = `Bearer realm="payments", error="insufficient_scope", scope="${scope}"`;
    throw new HttpProblem(403, { detail: `The token lacks the scope ${scope}.` }, { 'www-authenticate': challenge });
  }
}

/** Whether the principal may act for a merchant. */
export function mayActFor(principal: Principal, merchantId: string): boolean {
  return principal.merchants === 'all' || principal.merchants.has(merchantId);
}

/** The answer for a merchant that a principal may not act for. */
export function foreignMerchant(): HttpProblem {
  return new HttpProblem(403, { detail: 'The token does not allow to act for the merchant.' });
}

/** The answer for who does not say who it is, or says it in vain. */
export function unauthorized(detail: string, error?: string): HttpProblem {
  const challenge = error === undefined ? 'Bearer realm="payments"' : `Bearer realm="payments", error="${error}"`;
  return new HttpProblem(401, { detail }, { 'www-authenticate': challenge });
}

/** Merchants of a list; one entry `*` stands for all. */
export function merchantsOf(ids: readonly string[]): Principal['merchants'] {
  return ids.length === 1 && ids[0] === '*' ? 'all' : new Set(ids);
}
