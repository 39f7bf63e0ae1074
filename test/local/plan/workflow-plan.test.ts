import { planStateMachines } from '../../../local/plan/workflow-plan';
import { assemblyOf } from '../../lib/cost/assembly-of';

/** A state machine of the type STANDARD, with one task that calls something. */
function machine(resource: string) {
  return assemblyOf({
    Workflow: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { DefinitionString: JSON.stringify({ StartAt: 'Ask', States: { Ask: { Type: 'Task', Resource: resource, End: true } } }) },
    },
  });
}

describe('state machines of a run', () => {
  it('leave out what calls services of AWS by their API alone', () => {
    expect(planStateMachines(machine('arn:aws:states:::aws-sdk:costexplorer:getCostAndUsage'))).toEqual([]);
  });

  it('refuse what calls a function and is no express workflow', () => {
    expect(() => planStateMachines(machine('arn:aws:states:::lambda:invoke'))).toThrow('Workflow is a state machine of the type STANDARD: EXPRESS runs here.');
  });
});
