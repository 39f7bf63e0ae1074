import type { Decision } from '../lib/sizing';
import { readPlanMetadata, type WorkloadAt } from '../lib/sizing/plan-metadata';
import { AssemblyError, Topology } from '../lib/topology';

/** What the stacks of one region carry. */
export interface RegionPlan {
  readonly region: string;
  readonly decisions: readonly Decision[];
  readonly workloads: readonly WorkloadAt[];
}

/**
 * The decisions that the templates of an assembly carry, and the workloads they were made for, region by region.
 *
 * @param region of stacks that leave theirs open
 * @throws AssemblyError when there are none.
 */
export function readPlansByRegion(folder: string, region: string | undefined): RegionPlan[] {
  const { stacks } = Topology.read(folder, { region });
  const plans = [...new Set(stacks.map((stack) => stack.region))]
    .map((name) => ({ region: name, ...readPlanMetadata(stacks.filter((stack) => stack.region === name).map((stack) => stack.metadata)) }))
    .filter(({ decisions }) => decisions.length > 0);
  if (plans.length === 0) {
    throw new AssemblyError(`${folder} carries no sizing decisions: none of its stacks uses the constructs of cdk-high-throughput.`);
  }
  return plans;
}
