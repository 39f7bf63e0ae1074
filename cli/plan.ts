import { SizingPlan } from '../lib/sizing';
import { AssemblyError, Topology } from '../lib/topology';

/** Key of a template's metadata under which a stack keeps its decisions. */
const METADATA_KEY = 'cdk-high-throughput';

/**
 * The decisions that the templates of an assembly carry.
 *
 * @throws AssemblyError when there are none.
 */
export function readPlan(folder: string): SizingPlan {
  const decisions = Topology.read(folder).stacks.flatMap((stack) => {
    const metadata = stack.metadata[METADATA_KEY];
    return metadata === undefined ? [] : SizingPlan.fromJSON(metadata).decisions;
  });
  if (decisions.length === 0) {
    throw new AssemblyError(`${folder} carries no sizing decisions: none of its stacks uses the constructs of cdk-high-throughput.`);
  }
  return new SizingPlan(decisions);
}
