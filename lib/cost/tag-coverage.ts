import { type Bill, totalOf } from './bill';
import type { BillLine } from './bill-line';
import type { Spread } from './spread';

/** A resource that costs something and does not carry a tag of cost allocation. */
export interface UntaggedResource {
  readonly resource: string;
  readonly logicalId: string;
  readonly stack: string;
  readonly type: string;
  /** US dollars of a month that no budget and no report by that tag sees. */
  readonly usd: Spread;
}

/** How much of a bill a tag of cost allocation finds again. */
export interface TagCoverage {
  readonly key: string;
  /** US dollars of a month of what carries the tag. */
  readonly tagged: Spread;
  /** Resources that could carry it and do not, the dearest first. */
  readonly untagged: readonly UntaggedResource[];
  /** US dollars of a month of what takes no tags at all. */
  readonly untaggable: Spread;
}

/**
 * Types that cost something and whose CloudFormation resource has no tags. Source: AWS CloudFormation Template Reference, their pages.
 *
 * Aliases of functions are not among what is billed for itself: their cost stands at the function.
 */
const UNTAGGABLE: ReadonlySet<string> = new Set([
  'AWS::CloudWatch::Dashboard', 'AWS::Events::Archive', 'AWS::Lambda::Alias', 'AWS::Route53::RecordSet', 'AWS::Scheduler::Schedule',
]);

/** Whether resources of a type can carry tags. */
export function takesTags(type: string): boolean {
  return !UNTAGGABLE.has(type);
}

/** What of a bill carries a tag of cost allocation, whatever its value, and what could and does not. */
export function tagCoverage(bill: Bill, key: string): TagCoverage {
  const without = bill.lines.filter(({ tags }) => tags[key] === undefined);
  const byResource = new Map<string, BillLine[]>();
  for (const line of without.filter(({ type }) => takesTags(type))) {
    const id = `${line.stack} ${line.logicalId}`;
    byResource.set(id, [...byResource.get(id) ?? [], line]);
  }
  const untagged = [...byResource.values()].map(([first, ...others]): UntaggedResource => {
    const { resource, logicalId, stack, type } = first;
    return { resource, logicalId, stack, type, usd: totalOf([first, ...others]) };
  });
  return {
    key,
    tagged: totalOf(bill.lines.filter(({ tags }) => tags[key] !== undefined)),
    untagged: untagged.filter(({ usd }) => usd.high > 0).sort((a, b) => b.usd.typical - a.usd.typical),
    untaggable: totalOf(without.filter(({ type }) => !takesTags(type))),
  };
}
