import { Fact, Facts, isAssumption } from '../facts';
import { roundUp } from './arithmetic';
import { Decision, QuotaUse } from './decision';
import { formatNumber } from './format';

/** What one decision uses of a quota. */
export interface QuotaDriver {
  readonly path: string;
  readonly name: string;
  /** In the unit of the quota. */
  readonly used: number;
}

/** A quota of AWS, and what a plan uses of it. */
export interface PlannedQuota {
  /** Fact id of the quota. */
  readonly id: string;
  /** `--service-code` of Service Quotas; absent where it does not keep the quota. */
  readonly serviceCode?: string;
  /** `--quota-code` of Service Quotas, where known. */
  readonly quotaCode?: string;
  /** `account`: everything in account and region shares it, and uses add up. `resource`: each resource has its own, and the largest use counts. */
  readonly scope: 'account' | 'resource';
  readonly region: string;
  readonly unit: string;
  readonly adjustable: boolean;
  /** What an account has that never asked for more, or what was stated. */
  readonly now: number;
  /** True where `now` rests on a fact without a good source, or on one of another region. */
  readonly assumption: boolean;
  /** What the peak uses, with what the service keeps back from everybody. */
  readonly used: number;
  /** The decisions that use it, largest first. */
  readonly drivers: readonly QuotaDriver[];
}

/** A quota to raise before a deployment. */
export interface QuotaRaise extends PlannedQuota {
  /** What to ask for: `used` with headroom, rounded up. */
  readonly needed: number;
  /** Days until AWS has decided, as far as is known. */
  readonly leadTimeDays: number;
  /** What `leadTimeDays` rests on, in words. */
  readonly leadTime: string;
}

/** A hard limit that a decision breaks: no deployment of it can work. */
export interface ExceededLimit {
  readonly decision: Decision;
  /** Names decision, bound and value, and says what to change. */
  readonly sentence: string;
}

/** What a plan asks of the quotas of an account. */
export interface QuotaPlan {
  readonly region: string;
  /** Adjustable quotas below what the peak uses. */
  readonly raises: readonly QuotaRaise[];
  /** Hard limits that are broken; with one of them nothing can be deployed. */
  readonly exceeded: readonly ExceededLimit[];
  /** Quotas and limits that hold, but of which the peak uses more than the target utilization. */
  readonly near: readonly PlannedQuota[];
}

const UTILIZATION = 'target/quota.utilization';
const LARGE_FACTOR = 'target/quota.largeRaiseFactor';
/** Parts of quotas that nobody can reserve. */
const KEPT_BACK: { readonly [id: string]: string } = {
  'lambda/concurrency.accountDefault': 'lambda/concurrency.unreservedMinimum',
};
/** Digits that an amount to ask for keeps. */
const DIGITS = 2;

/**
 * What the decisions ask of the quotas of one account and region.
 *
 * @param facts those of the region of the deployment. Where the plan was made with the values of the reference region and this region has others,
 *   these count; a value that is of neither was stated by whoever made the plan, and is kept
 */
export function quotaPlan(decisions: readonly Decision[], facts: Facts = Facts.DEFAULT): QuotaPlan {
  const quotas = quotaUses(decisions).map((use) => plannedQuota(use, decisions, facts));
  const short = (it: PlannedQuota): boolean => it.used > it.now;
  return {
    region: facts.region,
    raises: quotas.filter((it) => it.adjustable && short(it)).map((it) => raise(it, facts)),
    exceeded: exceededLimits(decisions),
    near: quotas.filter((it) => !short(it) && it.used > facts.number(UTILIZATION) * it.now),
  };
}

/** The uses of each quota as one: of a shared quota they are added up, of one that each resource has for itself the largest counts. */
export function quotaUses(decisions: readonly Decision[]): QuotaUse[] {
  const uses = new Map<string, QuotaUse>();
  for (const { quota } of decisions) {
    if (quota !== undefined) {
      const before = uses.get(quota.id)?.used ?? 0;
      uses.set(quota.id, { ...quota, used: quota.shared === true ? before + quota.used : Math.max(before, quota.used) });
    }
  }
  return [...uses.values()];
}

/**
 * The hard limits that decisions break: quotas that AWS does not raise, and the bounds of a decision's own value. A plan with one of them must
 * not be synthesized.
 */
export function exceededLimits(decisions: readonly Decision[]): ExceededLimit[] {
  const shared = new Map(quotaUses(decisions).filter((it) => it.shared === true).map((it) => [it.id, it.used]));
  return decisions.flatMap((decision) => [...brokenQuota(decision, shared), ...brokenBounds(decision)]);
}

function brokenQuota(decision: Decision, shared: ReadonlyMap<string, number>): ExceededLimit[] {
  const { quota } = decision;
  if (quota === undefined || quota.adjustable) {
    return [];
  }
  const used = shared.get(quota.id) ?? quota.used;
  if (used <= quota.value) {
    return [];
  }
  const together = used > quota.used ? ` of ${formatNumber(used)} in the whole account` : '';
  return [{
    decision,
    sentence: `\`${decision.name}\` of ${decision.path} must use at most ${formatNumber(quota.value)} of ${quota.id}, which AWS does not raise, `
      + `got: ${formatNumber(quota.used)}${together}; ${quotaRemedy(decision, quota)}`,
  }];
}

function quotaRemedy(decision: Decision, quota: QuotaUse): string {
  if (quota.shared === true) {
    return 'state a lower `peak`, or deploy some of the `cells` to another account or region';
  }
  const { value } = decision;
  return decision.origin === 'override' && typeof value === 'number' && quota.used > 0
    ? `state at most ${formatNumber(Math.floor(value * quota.value / quota.used))}, or nothing so that it is derived`
    : 'state more `cells`, so that each resource carries less, or a lower `peak`';
}

function brokenBounds(decision: Decision): ExceededLimit[] {
  const { value, limits } = decision;
  if (typeof value !== 'number' || limits === undefined) {
    return [];
  }
  const { minimum = -Infinity, maximum = Infinity, because } = limits;
  if (value >= minimum && value <= maximum) {
    return [];
  }
  const above = value > maximum;
  return [{
    decision,
    sentence: `\`${decision.name}\` of ${decision.path} must be ${above ? `at most ${formatNumber(maximum)}` : `at least ${formatNumber(minimum)}`} (${because}), `
      + `got: ${formatNumber(value)}; ${above ? 'state more `cells`, or a lower `peak`' : 'state another value, or nothing so that it is derived'}`,
  }];
}

function plannedQuota(use: QuotaUse, decisions: readonly Decision[], facts: Facts): PlannedQuota {
  const fact = facts.get(use.id);
  const { serviceCode, quotaCode = use.code } = facts.quota(use.id);
  const now = valueInRegion(use, facts);
  const keptBack = KEPT_BACK[use.id] === undefined ? 0 : facts.number(KEPT_BACK[use.id]);
  return {
    id: use.id,
    ...(serviceCode !== undefined && { serviceCode }),
    ...(quotaCode !== undefined && { quotaCode }),
    scope: use.shared === true ? 'account' : 'resource',
    region: facts.region,
    unit: fact.unit,
    adjustable: use.adjustable,
    now,
    assumption: now === fact.value && (isAssumption(fact) || fact.fallback),
    used: use.used + keptBack,
    drivers: drivers(use.id, decisions),
  };
}

function valueInRegion(use: QuotaUse, facts: Facts): number {
  return use.value === Facts.DEFAULT.number(use.id) ? facts.number(use.id) : use.value;
}

function drivers(id: string, decisions: readonly Decision[]): QuotaDriver[] {
  return decisions
    .flatMap(({ path, name, quota }) => (quota?.id === id ? [{ path, name, used: quota.used }] : []))
    .sort((a, b) => b.used - a.used);
}

function raise(quota: PlannedQuota, facts: Facts): QuotaRaise {
  const needed = roundUpForRequest(quota.used / facts.number(UTILIZATION));
  const large = needed > facts.number(LARGE_FACTOR) * quota.now;
  const days: Fact = facts.get(large ? 'service-quotas/raise.reviewedDays' : 'service-quotas/raise.days');
  const leadTimeDays = facts.number(days.id);
  return {
    ...quota,
    needed,
    leadTimeDays,
    leadTime: `${large ? 'a large raise, which people review' : 'most raises'}: about ${formatNumber(leadTimeDays)} days${isAssumption(days) ? ' (an assumption)' : ''}`,
  };
}

/** The next whole number with two significant digits: nobody asks for 1,237 of anything. */
function roundUpForRequest(value: number): number {
  const step = Math.pow(10, Math.max(0, Math.floor(Math.log10(value)) + 1 - DIGITS));
  return step * roundUp(value / step);
}
