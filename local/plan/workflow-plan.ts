import type { Topology, TopologyResource } from '../../lib/topology';
import { compileDefinition, invokedFunctions, type StateMachineConfiguration } from '../engines/workflow';
import { RunError } from '../run/run-error';

/** A state machine of the template. */
export interface StateMachinePlan extends StateMachineConfiguration {
  /** Names of the functions that its tasks call. */
  readonly functionNames: readonly string[];
}

/**
 * Reads the state machines of a topology. Those that call services of AWS by their API alone, such as the one that computes what a payment costs, are
 * left out: nothing of what they ask runs here.
 *
 * @throws RunError naming what of them does not run here.
 */
export function planStateMachines(topology: Topology): StateMachinePlan[] {
  return topology.ofType('AWS::StepFunctions::StateMachine').filter((it) => !callsServicesAlone(String(it.properties.DefinitionString))).map((resource) => {
    const { DefinitionString, StateMachineType } = resource.properties;
    if (StateMachineType !== 'EXPRESS') {
      throw new RunError(`${resource.constructPath} is a state machine of the type ${String(StateMachineType ?? 'STANDARD')}: EXPRESS runs here.`);
    }
    const definition = String(DefinitionString);
    return { arn: resource.arn, definition, functionNames: functionNames(resource, definition) };
  });
}

function callsServicesAlone(definition: string): boolean {
  const called = [...definition.matchAll(/"Resource":\s*"[^"]*:states:::([\w-]+):/g)].map(([, service]) => service);
  return called.length > 0 && called.every((service) => service === 'aws-sdk');
}

function functionNames(resource: TopologyResource, definition: string): string[] {
  try {
    return [...new Set(invokedFunctions(compileDefinition(definition)).map(functionNameOfArn))];
  } catch (error) {
    throw new RunError(`${resource.constructPath} is defined with what does not run here: ${(error as Error).message}.`);
  }
}

/** Name of a function in its ARN, or in that of an alias or version. */
export function functionNameOfArn(arn: string): string {
  return arn.replace(/^arn:.*:function:/, '').split(':')[0];
}
