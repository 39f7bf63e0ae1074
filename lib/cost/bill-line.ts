import type { FactConfidence } from '../facts';
import type { AmountKind } from './amount';
import type { Spread } from './spread';
import type { Stage } from './stage';

/** One line of a bill: one step of one price for one thing that a resource is billed for. */
export interface BillLine {
  /** Path of the construct. */
  readonly resource: string;
  readonly logicalId: string;
  /** Display name of the stack. */
  readonly stack: string;
  readonly region: string;
  /** CloudFormation type. */
  readonly type: string;
  readonly stage: Stage;
  /** What is billed, in words. */
  readonly what: string;
  /** Of a month of 730 hours. */
  readonly quantity: Spread;
  readonly unit: string;
  /** Fact id of the price. */
  readonly priceId: string;
  /** US dollars of one unit, after a discount and a commitment where there is one. */
  readonly unitPrice: number;
  /** US dollars of one unit as AWS publishes them. */
  readonly listUnitPrice: number;
  /** Factor that a stated discount puts on the list price, from 0 to 1; undefined without one. */
  readonly discount?: number;
  /** US dollars of a month that the discount takes off; undefined without one. */
  readonly discountUsd?: Spread;
  /** Step of the price, from 1. */
  readonly tier: number;
  /** Region whose price it is; not the resource's own where there is no row for that. */
  readonly priceRegion: string;
  /** Date of the price's evidence; null where there is none. */
  readonly priceAsOf: string | null;
  readonly priceConfidence: FactConfidence;
  /** Plan that lowers the price; undefined without a commitment. */
  readonly commitment?: string;
  /** US dollars of a month, in whole micro-dollars. */
  readonly usd: Spread;
  readonly kind: AmountKind;
  /** Where the quantity comes from. */
  readonly why: string;
  /** Cost allocation tags of the resource. */
  readonly tags: { readonly [key: string]: string };
}

/** A resource whose cost is not in the bill. */
export interface UnpricedResource {
  readonly resource: string;
  readonly logicalId: string;
  readonly stack: string;
  readonly type: string;
  /** What is missing. */
  readonly why: string;
}
