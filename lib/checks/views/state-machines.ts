import type { TemplateValue, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { listOf, objectOf, textOf } from './values';

type Values = ReturnType<typeof objectOf>;

/** A task of a state machine: what calls something else. */
export interface TaskState {
  readonly machine: TopologyResource;
  readonly name: string;
  readonly state: Values;
  /** Whether the machine as a whole has an end. */
  readonly machineEnds: boolean;
}

/** All tasks of all state machines, those inside of maps and parallel branches too. */
export function taskStates({ topology }: CheckContext): readonly TaskState[] {
  return topology.ofType('AWS::StepFunctions::StateMachine').flatMap((machine) => {
    const definition = definitionOf(machine);
    const machineEnds = definition.TimeoutSeconds !== undefined || machine.properties.StateMachineType === 'EXPRESS';
    return statesIn(definition).filter(([, state]) => state.Type === 'Task').map(([name, state]) => ({ machine, name, state, machineEnds }));
  });
}

function definitionOf(machine: TopologyResource): Values {
  const text = textOf(machine.properties.DefinitionString);
  if (text === undefined) {
    return objectOf(machine.properties.Definition);
  }
  try {
    return objectOf(JSON.parse(text) as TemplateValue);
  } catch {
    // A definition that only the deployment completes.
    return {};
  }
}

function statesIn(scope: Values): (readonly [string, Values])[] {
  return Object.entries(objectOf(scope.States)).flatMap(([name, value]) => {
    const state = objectOf(value);
    const inner = [state.Iterator, state.ItemProcessor, ...listOf(state.Branches)].map(objectOf);
    return [[name, state] as const, ...inner.flatMap(statesIn)];
  });
}

/** Whether a task repeats what failed. */
export function repeats(state: Values): boolean {
  return listOf(state.Retry).map(objectOf).some((it) => it.MaxAttempts !== 0);
}

/** Whether a failure of a task leads anywhere but to the end of the machine. */
export function catches(state: Values): boolean {
  return listOf(state.Catch).length > 0;
}
