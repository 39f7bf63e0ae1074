import type { TopologyResource } from '../topology';
import type { AmountKind } from './amount';
import type { CommitmentPlan } from './commitment';
import type { MeterName } from './meters';

/** What a pricer found: a quantity of a month that a meter bills. */
export interface Charge {
  readonly resource: TopologyResource;
  /** What is billed, in words; unique among the charges of a resource. */
  readonly what: string;
  readonly meter: MeterName;
  /** Factor on the price of the meter, where AWS states one price as a share of another. @default 1 */
  readonly priceFactor?: number;
  /** Units of the meter in a month. */
  readonly quantity: number;
  readonly kind: AmountKind;
  readonly why: string;
  /** How a commitment of a year would lower the price. @default - not at all */
  readonly commitment?: ChargeCommitment;
}

/** Which plan covers a charge, and how much of it always runs. */
export interface ChargeCommitment {
  readonly plan: CommitmentPlan;
  /** What is committed to, where the plan has a price for each type: `valkey.cache.r7g.large`. @default - the plan has one price */
  readonly of?: string;
  /** Share of the quantity that is there at every hour, from 0 to 1: only that is worth a commitment. */
  readonly steadyShare: number;
}
