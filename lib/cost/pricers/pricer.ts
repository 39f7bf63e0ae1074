import { HOURS_PER_MONTH, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import type { Amount } from '../amount';
import { declared } from '../amount';
import type { Charge } from '../charge';
import type { MeterName } from '../meters';
import type { UsageModel } from '../usage/usage-model';

/** Finds what resources of some types are billed for. */
export interface Pricer {
  /** CloudFormation types. */
  readonly types: readonly string[];
  /**
   * What a resource is billed for in a month. The names of charges do not depend on the case.
   *
   * @throws UnpricedError where something is missing without which there is no price
   */
  price(resource: TopologyResource, model: UsageModel): Charge[];
}

/** Options of a charge. */
export type ChargeOptions = Pick<Charge, 'commitment' | 'priceFactor'>;

/** A charge for an amount of a month. */
export function charge(resource: TopologyResource, what: string, meter: MeterName, amount: Amount, options: ChargeOptions = {}): Charge {
  return { resource, what, meter, quantity: amount.value, kind: amount.kind, why: amount.why, ...options };
}

/** A charge for something that is there all the month and billed by the hour. */
export function hourly(resource: TopologyResource, what: string, meter: MeterName, amount: Amount, options: ChargeOptions = {}): Charge {
  return charge(resource, what, meter, { ...amount, value: amount.value * HOURS_PER_MONTH }, options);
}

/** A charge for something that is used, stated by the second. */
export function flowing(resource: TopologyResource, what: string, meter: MeterName, perSecond: Amount, options: ChargeOptions = {}): Charge {
  return charge(resource, what, meter, { ...perSecond, value: perSecond.value * SECONDS_PER_MONTH }, options);
}

/** One of it, because it stands in the template. */
export function one(): Amount {
  return declared(1, 'it stands in the template');
}

/** Share of a use that is there at every hour: all of it where the rate is flat, else an assumed part. */
export function steadyShare(model: UsageModel): number {
  const { peak, average } = model.workload;
  return peak.perSecond === average.perSecond ? 1 : model.assumption('steadyShare');
}
