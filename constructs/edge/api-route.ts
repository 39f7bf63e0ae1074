import { LIMITS } from '../limits';
import { requireIntegerBetween, requirePattern } from '../validation';

/** A group of requests that an edge lets through, and what a token must allow for them. */
export interface ApiRoute {
  /** Name of the route, different from the others: letters and digits, starting with a letter. */
  readonly name: string;

  /** Paths, as patterns of the load balancer: `*` stands for any text, `?` for one character. They hold for each method on its own. */
  readonly paths: string[];

  /**
   * Methods. What matches a path with another method is answered 404 by the edge, in place of the API's 405.
   *
   * @default - all: the API tells which it knows
   */
  readonly methods?: string[];

  /**
   * Scope that a token must have.
   *
   * @default - any valid token will do
   */
  readonly scope?: string;

  /**
   * Whether bodies may be longer than the part that a web ACL sees, as those of batches are. The paths must then have no wildcard.
   *
   * @default false
   */
  readonly largeBodies?: boolean;
}

/** The routes of the payment API that this kit brings along. */
export const PAYMENT_ROUTES = {
  /** `POST /payments`. */
  payments: { name: 'Payments', paths: ['/payments'], scope: 'payments:write' },
  /** `POST /payments:batch`. */
  batches: { name: 'Batches', paths: ['/payments:batch'], scope: 'payments:write', largeBodies: true },
  /** What became of a payment, and balances. */
  reads: { name: 'Reads', paths: ['/merchants/*/payments/*', '/merchants/*/balance'], scope: 'payments:read' },
  /** Holds and releases. */
  holds: { name: 'Holds', paths: ['/merchants/*/holds', '/merchants/*/releases'], scope: 'holds:write' },
  /** Payouts. */
  payouts: { name: 'Payouts', paths: ['/merchants/*/payouts'], scope: 'payouts:write' },
} as const satisfies { readonly [route: string]: Readonly<Omit<ApiRoute, 'paths'>> & { readonly paths: readonly string[] } };

/** All routes of the payment API. */
export function paymentRoutes(): ApiRoute[] {
  return Object.values(PAYMENT_ROUTES).map((route) => ({ ...route, paths: [...route.paths] }));
}

/**
 * Checks routes for what a listener takes.
 *
 * @param headers conditions on headers that each rule has beside the route's own, one value and one wildcard each.
 * @throws Error naming the route.
 */
export function requireRoutes(routes: readonly ApiRoute[], headers: number): void {
  const names = new Set<string>();
  for (const { name, paths, methods = [], largeBodies } of routes) {
    requirePattern('routes.name', name, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, starting with a letter');
    if (names.has(name)) {
      throw new Error(`\`routes.name\` must differ, got: ${name} twice`);
    }
    names.add(name);
    requireIntegerBetween(`routes.${name}.paths`, paths.length, 1, LIMITS.listenerRule.values);
    paths.forEach((path) => requirePattern(`routes.${name}.paths`, path, /^\/[\w\-.$/~"'@:+&*?]{0,127}$/, 'a path pattern of at most 128 characters'));
    requireIntegerBetween(`conditions of route ${name}`, paths.length + methods.length + headers, 1, LIMITS.listenerRule.values);
    const wildcards = paths.join('').replace(/[^*?]/g, '').length;
    requireIntegerBetween(`wildcards of route ${name}`, wildcards + headers, 0, LIMITS.listenerRule.wildcards);
    if (largeBodies && wildcards > 0) {
      throw new Error(`\`routes.${name}.paths\` must have no wildcard where bodies may be large, got: ${paths.join(', ')}`);
    }
  }
}
