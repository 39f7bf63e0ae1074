import { type ChoicePredicate, compileChoiceRule } from './choice-rule';
import { compileExpression, type Expression } from './intrinsics';
import { isObject, type Json, type JsonObject } from './json';
import { compileTemplate } from './payload-template';
import { ReferencePath } from './reference-path';

/** When a state is tried again. */
export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly maximumAttempts: number;
  readonly backoffRate: number;
  /** Infinity where there is none. */
  readonly maximumDelaySeconds: number;
  readonly fullJitter: boolean;
}

/** Where an execution goes on after an error. */
export interface Catcher {
  readonly errors: readonly string[];
  readonly resultPath: ReferencePath | null;
  readonly next: string;
}

/** What a task calls. */
export type TaskResource =
  /** A function by its own ARN: it gets the input and its answer is the result. */
  | { readonly kind: 'function'; readonly functionArn: string }
  /** `states:::lambda:invoke`: Parameters name function and payload, and the result holds the answer under `Payload`. */
  | { readonly kind: 'invoke'; readonly functionArn: string }
  /** `states:::sqs:sendMessage`. */
  | { readonly kind: 'sendMessage' };

/** How data goes through a state. `null` for a path: nothing of it. */
export interface DataFlow {
  readonly inputPath: ReferencePath | null;
  readonly parameters?: Expression;
  readonly resultSelector?: Expression;
  readonly resultPath: ReferencePath | null;
  readonly outputPath: ReferencePath | null;
}

interface StateBase extends DataFlow {
  readonly name: string;
  /** The state that follows; undefined at an end. */
  readonly next?: string;
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

/** A state of a definition, ready to run. */
export type State = StateBase & (
  | { readonly type: 'Task'; readonly resource: TaskResource; readonly timeoutSeconds: number }
  | { readonly type: 'Pass'; readonly result?: Json }
  | { readonly type: 'Choice'; readonly choices: readonly { readonly holds: ChoicePredicate; readonly next: string }[]; readonly otherwise?: string }
  | { readonly type: 'Wait'; readonly seconds?: Expression; readonly timestamp?: Expression }
  | { readonly type: 'Succeed' }
  | { readonly type: 'Fail'; readonly error?: Expression; readonly errorCause?: Expression }
  | { readonly type: 'Parallel'; readonly branches: readonly Definition[] }
);

/** States and where they begin. */
export interface Definition {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
  /** Infinity where there is none. */
  readonly timeoutSeconds: number;
}

/** Members that a state of each type may have beside Type, Comment, Next, End, InputPath and OutputPath. */
const MEMBERS: Readonly<Record<State['type'], readonly string[]>> = {
  Task: ['Resource', 'Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch', 'TimeoutSeconds'],
  Pass: ['Result', 'Parameters', 'ResultPath'],
  Choice: ['Choices', 'Default'],
  Wait: ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Succeed: [],
  Fail: ['Error', 'ErrorPath', 'Cause', 'CausePath'],
  Parallel: ['Branches', 'Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'],
};
const COMMON_MEMBERS = ['Type', 'Comment', 'Next', 'End', 'InputPath', 'OutputPath', 'QueryLanguage'];
const RETRY_MEMBERS = ['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy', 'Comment'];
const CATCH_MEMBERS = ['ErrorEquals', 'Next', 'ResultPath', 'Comment'];
const INVOKE_PARAMETERS = ['FunctionName', 'Payload', 'Payload.$', 'InvocationType', 'Qualifier'];
const SEND_PARAMETERS = ['QueueUrl', 'MessageBody', 'MessageBody.$', 'DelaySeconds', 'DelaySeconds.$'];

/**
 * Reads a definition in the Amazon States Language: the JSONPath dialect, with tasks that call Lambda functions or send SQS messages.
 *
 * @throws Error naming the first thing in it that is not known: nothing is ignored
 */
export function compileDefinition(text: string): Definition {
  let definition: Json;
  try {
    definition = JSON.parse(text) as Json;
  } catch {
    throw new Error('the definition is not JSON');
  }
  return compileStates(definition, ['StartAt', 'States', 'Comment', 'TimeoutSeconds', 'Version', 'QueryLanguage']);
}

/** ARNs of the functions that a definition calls, as it names them. */
export function invokedFunctions(definition: Definition): string[] {
  return [...definition.states.values()].flatMap((state) => {
    if (state.type === 'Parallel') {
      return state.branches.flatMap(invokedFunctions);
    }
    return state.type === 'Task' && state.resource.kind !== 'sendMessage' ? [state.resource.functionArn] : [];
  });
}

function compileStates(definition: Json, members: readonly string[]): Definition {
  const { StartAt, States, TimeoutSeconds, QueryLanguage } = known(definition, members, 'the definition');
  requireJsonPath(QueryLanguage, 'the definition');
  const states = new Map(Object.entries(object(States, 'States')).map(([name, state]) => [name, inState(name, () => compileState(name, state))]));
  const targets = [String(StartAt), ...[...states.values()].flatMap(targetsOf)];
  const missing = targets.find((name) => !states.has(name));
  if (missing !== undefined) {
    throw new Error(`there is no state ${missing}`);
  }
  return { startAt: String(StartAt), states, timeoutSeconds: optionalNumber(TimeoutSeconds) ?? Infinity };
}

function targetsOf(state: State): string[] {
  const choices = state.type === 'Choice' ? [...state.choices.map(({ next }) => next), ...(state.otherwise === undefined ? [] : [state.otherwise])] : [];
  return [...(state.next === undefined ? [] : [state.next]), ...state.catch.map(({ next }) => next), ...choices];
}

function compileState(name: string, value: Json): State {
  const type = String(object(value, 'the state').Type);
  if (!Object.hasOwn(MEMBERS, type)) {
    throw new Error(`states of the type ${type} do not run here`);
  }
  const state = known(value, [...COMMON_MEMBERS, ...MEMBERS[type as State['type']]], 'it');
  requireJsonPath(state.QueryLanguage, 'it');
  const base: StateBase = {
    name,
    next: state.Next === undefined ? undefined : String(state.Next),
    inputPath: compilePath(state.InputPath),
    outputPath: compilePath(state.OutputPath),
    resultPath: compilePath(state.ResultPath),
    parameters: state.Parameters === undefined ? undefined : compileTemplate(state.Parameters),
    resultSelector: state.ResultSelector === undefined ? undefined : compileTemplate(state.ResultSelector),
    retry: list(state.Retry).map(compileRetrier),
    catch: list(state.Catch).map(compileCatcher),
  };
  switch (type as State['type']) {
    case 'Task':
      return { ...base, type: 'Task', resource: compileResource(state), timeoutSeconds: optionalNumber(state.TimeoutSeconds) ?? Infinity };
    case 'Pass':
      return { ...base, type: 'Pass', result: state.Result };
    case 'Choice':
      return {
        ...base,
        type: 'Choice',
        choices: list(state.Choices).map((rule) => ({ holds: compileChoiceRule(rule), next: String(object(rule, 'a rule').Next) })),
        otherwise: state.Default === undefined ? undefined : String(state.Default),
      };
    case 'Wait':
      return { ...base, type: 'Wait', seconds: valueOrPath(state, 'Seconds'), timestamp: valueOrPath(state, 'Timestamp') };
    case 'Succeed':
      return { ...base, type: 'Succeed' };
    case 'Fail':
      return { ...base, type: 'Fail', error: valueOrPath(state, 'Error'), errorCause: valueOrPath(state, 'Cause') };
    case 'Parallel':
      return { ...base, type: 'Parallel', branches: list(state.Branches).map((branch) => compileStates(branch, ['StartAt', 'States', 'Comment', 'QueryLanguage'])) };
  }
}

function compileResource({ Resource: resource, Parameters: parameters }: JsonObject): TaskResource {
  const arn = String(resource);
  if (/^arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$/.test(arn)) {
    return { kind: 'function', functionArn: arn };
  }
  if (/^arn:[^:]+:states:::lambda:invoke$/.test(arn)) {
    const { FunctionName, InvocationType } = known(parameters ?? null, INVOKE_PARAMETERS, 'Parameters');
    if (InvocationType !== undefined && InvocationType !== 'RequestResponse') {
      throw new Error(`the invocation type ${String(InvocationType)} does not run here`);
    }
    return { kind: 'invoke', functionArn: String(FunctionName) };
  }
  if (/^arn:[^:]+:states:::sqs:sendMessage$/.test(arn)) {
    known(parameters ?? null, SEND_PARAMETERS, 'Parameters');
    return { kind: 'sendMessage' };
  }
  throw new Error(`tasks of the resource ${arn} do not run here`);
}

function compileRetrier(value: Json): Retrier {
  const retrier = known(value, RETRY_MEMBERS, 'a Retry');
  return {
    errors: list(retrier.ErrorEquals).map(String),
    intervalSeconds: optionalNumber(retrier.IntervalSeconds) ?? 1,
    maximumAttempts: optionalNumber(retrier.MaxAttempts) ?? 3,
    backoffRate: optionalNumber(retrier.BackoffRate) ?? 2,
    maximumDelaySeconds: optionalNumber(retrier.MaxDelaySeconds) ?? Infinity,
    fullJitter: retrier.JitterStrategy === 'FULL',
  };
}

function compileCatcher(value: Json): Catcher {
  const catcher = known(value, CATCH_MEMBERS, 'a Catch');
  return { errors: list(catcher.ErrorEquals).map(String), resultPath: compilePath(catcher.ResultPath), next: String(catcher.Next) };
}

/** A path; `$` where there is none, null where it says so. */
function compilePath(value: Json | undefined): ReferencePath | null {
  return value === null ? null : ReferencePath.parse(value === undefined ? '$' : String(value));
}

/** The value of a member, or what the member with `Path` behind its name leads to. */
function valueOrPath(state: JsonObject, name: string): Expression | undefined {
  const path = state[`${name}Path`];
  if (path !== undefined) {
    return compileExpression(String(path));
  }
  const value = state[name];
  return value === undefined ? undefined : () => value;
}

function inState<T>(name: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Error(`the state ${name}: ${(error as Error).message}`, { cause: error });
  }
}

function known(value: Json, members: readonly string[], where: string): JsonObject {
  const read = object(value, where);
  const unknown = Object.keys(read).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${where} has ${unknown}, which does not run here`);
  }
  return read;
}

function object(value: Json | undefined, where: string): JsonObject {
  if (!isObject(value)) {
    throw new Error(`${where} is no object`);
  }
  return value;
}

function list(value: Json | undefined): readonly Json[] {
  if (value !== undefined && !Array.isArray(value)) {
    throw new Error('a list is none');
  }
  return (value ?? []) as readonly Json[];
}

function optionalNumber(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function requireJsonPath(language: Json | undefined, where: string): void {
  if (language !== undefined && language !== 'JSONPath') {
    throw new Error(`${where} is written in ${String(language)}: JSONPath runs here`);
  }
}
