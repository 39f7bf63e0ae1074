import type { Topology, TopologyResource } from '../../lib/topology';
import { EventBusEngine, type RuleConfiguration } from '../engines/event-bus';
import type { Json } from '../engines/workflow';
import { RunError } from '../run/run-error';

/** Buses of EventBridge and the rules on them. */
export interface EventPlan {
  readonly busNames: readonly string[];
  readonly rules: readonly RuleConfiguration[];
}

interface RuleTarget {
  readonly Id: string;
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: { readonly [name: string]: string }; readonly InputTemplate: string };
}

/** Members of a target that run here, and two that only matter once a queue refuses an event for good, which none does here. */
const TARGET_MEMBERS = ['Id', 'Arn', 'Input', 'InputPath', 'InputTransformer', 'DeadLetterConfig', 'RetryPolicy'];

/**
 * Reads the buses of a topology, and the rules with an event pattern. Those with a schedule have no part in the data path.
 *
 * @throws RunError naming what of them does not run here.
 */
export function planEvents(topology: Topology): EventPlan {
  const busNames = topology.ofType('AWS::Events::EventBus').map(({ physicalName }) => physicalName);
  const rules = topology
    .ofType('AWS::Events::Rule')
    .filter(({ properties }) => properties.EventPattern !== undefined && properties.State !== 'DISABLED')
    .map((resource) => planRule(resource, topology));
  return { busNames, rules };
}

function planRule(resource: TopologyResource, topology: Topology): RuleConfiguration {
  const { EventBusName, EventPattern, Targets } = resource.properties;
  const rule: RuleConfiguration = {
    name: resource.physicalName,
    busName: String(EventBusName ?? 'default').replace(/^arn:.*:event-bus\//, ''),
    pattern: EventPattern as Json,
    targets: ((Targets ?? []) as unknown as RuleTarget[]).map((target) => {
      const unknown = Object.keys(target).find((name) => !TARGET_MEMBERS.includes(name));
      if (unknown !== undefined) {
        throw new RunError(`${resource.constructPath} has a target with ${unknown}, which does not run here.`);
      }
      if (topology.find(target.Arn)?.type !== 'AWS::SQS::Queue') {
        throw new RunError(`${resource.constructPath} sends events to ${target.Arn}, which is no queue of this assembly: only queues get events here.`);
      }
      return {
        id: target.Id,
        queueArn: target.Arn,
        input: target.Input,
        inputPath: target.InputPath,
        ...(target.InputTransformer === undefined ? undefined : {
          transformer: { paths: target.InputTransformer.InputPathsMap ?? {}, template: target.InputTransformer.InputTemplate },
        }),
      };
    }),
  };
  requireRunning(resource, rule);
  return rule;
}

/** Compiles the rule, which refuses by name what does not run here. */
function requireRunning(resource: TopologyResource, rule: RuleConfiguration): void {
  const { account, region } = resource.stack;
  try {
    new EventBusEngine({ account, region, busNames: [rule.busName], rules: [rule] }, { send: async () => undefined });
  } catch (error) {
    throw new RunError(`${resource.constructPath} has what does not run here: ${(error as Error).message}.`);
  }
}
