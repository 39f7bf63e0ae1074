export { compileDefinition, type Definition, invokedFunctions } from './definition';
export type { TaskPorts } from './execution';
export { isObject, type Json, type JsonObject } from './json';
export { ReferencePath } from './reference-path';
export { StateError } from './state-error';
export { type StateMachineConfiguration, WorkflowEngine, type WorkflowStatistics } from './workflow-engine';
export { WorkflowServer } from './workflow-server';
