import { SIZING_METADATA_KEY, SizingPlan } from '../lib/sizing';
import { AssemblyError, Topology } from '../lib/topology';

/**
 * The decisions that the templates of an assembly carry.
 *
 * @throws AssemblyError when there are none.
 */
export function readPlan(folder: string): SizingPlan {
  const decisions = Topology.read(folder).stacks.flatMap((stack) => {
    const metadata = stack.metadata[SIZING_METADATA_KEY];
    return metadata === undefined ? [] : SizingPlan.fromJSON(metadata).decisions;
  });
  if (decisions.length === 0) {
    throw new AssemblyError(`${folder} carries no sizing decisions: none of its stacks uses the constructs of cdk-high-throughput.`);
  }
  return new SizingPlan(decisions);
}
