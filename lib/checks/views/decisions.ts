import { type Decision, SIZING_METADATA_KEY } from '../../sizing';
import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';

/** A decision, and the first resource of the construct that took it. */
export interface PlacedDecision {
  readonly decision: Decision;
  readonly resource: TopologyResource;
}

/** All decisions that the templates carry. */
export function decided(context: CheckContext): readonly PlacedDecision[] {
  return context.once(readDecisions);
}

/** Whether a value follows from the workload, and was not set by hand: a small service that may be away for an hour needs one task only. */
export function isDerived(context: CheckContext, resource: TopologyResource, name: string, value: number): boolean {
  return context.decisionsOf(resource).some((it) => it.name === name && it.value === value && it.origin === 'derived');
}

function readDecisions({ topology }: CheckContext): readonly PlacedDecision[] {
  return topology.stacks.flatMap((stack) => {
    const plan = stack.metadata[SIZING_METADATA_KEY] as { readonly decisions?: unknown } | undefined;
    const places = new Map<string, TopologyResource | undefined>();
    return (Array.isArray(plan?.decisions) ? (plan.decisions as Decision[]) : []).flatMap((decision) => {
      if (!places.has(decision.path)) {
        places.set(decision.path, stack.resources.find((it) => it.constructPath.startsWith(`${decision.path}/`)) ?? stack.resources[0]);
      }
      const resource = places.get(decision.path);
      return resource === undefined ? [] : [{ decision, resource }];
    });
  });
}
