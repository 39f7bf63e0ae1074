import { Facts } from '../facts';
import { formatNumber } from './format';

/** Fact id of the quota of requests per second of a web ACL. */
export const WEB_ACL_QUOTA = 'waf/webAcl.rps.regional.default';
const PLANNED = 'target/edge.requestsPerWebAcl';

/** Requests per second that a web ACL takes. */
export interface WebAclRates {
  /** What every account has: cells are planned to stay below, and above it the account's quota is worth a look. */
  readonly planned: number;
  /** The quota, or what the user states of it: what exceeds it is refused with 403 before any rule is evaluated. */
  readonly most: number;
  readonly facts: readonly string[];
}

/** The quota was a quarter of today's until 2023, and older accounts may still have that: the lower number is planned with. */
export function webAclRates(facts: Facts): WebAclRates {
  const most = facts.number(WEB_ACL_QUOTA);
  return { planned: Math.min(most, facts.number(PLANNED)), most, facts: [PLANNED, WEB_ACL_QUOTA] };
}

/** @throws Error above the quota: a web ACL that is too small refuses payments without looking at them */
export function requireWebAclRate(requestsPerSecond: number, facts: Facts): void {
  const most = facts.number(WEB_ACL_QUOTA);
  if (requestsPerSecond > most) {
    throw new Error(`\`publicEdgeShare\` and \`cells\` must leave a web ACL at most ${formatNumber(most)} requests/s, or a raise must be stated as `
      + `'${WEB_ACL_QUOTA}', got: ${formatNumber(requestsPerSecond)}`);
  }
}
