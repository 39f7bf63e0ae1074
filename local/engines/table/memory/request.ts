import { EngineError } from './engine-error';

/** A JSON object of the protocol. */
export type Json = Readonly<Record<string, unknown>>;

/** Members that ask for nothing while they have this value. */
const HARMLESS: Json = { ReturnConsumedCapacity: 'NONE', ReturnItemCollectionMetrics: 'NONE' };

/**
 * Refuses what an operation would have to ignore.
 *
 * @param where what a message calls the object.
 * @param supported names of the members that are looked at.
 * @throws EngineError naming the first other member.
 */
export function refuseOthers(input: Json, where: string, supported: ReadonlySet<string>): void {
  for (const name in input) {
    if (!supported.has(name) && input[name] !== undefined && input[name] !== null && HARMLESS[name] !== input[name]) {
      throw EngineError.unsupported(`${name}=${JSON.stringify(input[name]).slice(0, 100)} of ${where}`);
    }
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that has to be a JSON object. @throws EngineError */
export function objectMember(input: Json, name: string): Json {
  const value = input[name];
  if (!isObject(value)) {
    throw EngineError.validation(`1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be an object`);
  }
  return value;
}

/** A member that may be a JSON object. @throws EngineError */
export function optionalObject(input: Json, name: string): Json | undefined {
  return input[name] === undefined || input[name] === null ? undefined : objectMember(input, name);
}

/** A member that has to be a list of 1 to `most` objects. @throws EngineError */
export function listMember(input: Json, name: string, most: number): readonly Json[] {
  const value = input[name];
  if (!Array.isArray(value) || value.length === 0 || value.length > most || !value.every(isObject)) {
    throw EngineError.validation(
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be a list of 1 to ${most} objects`,
    );
  }
  return value;
}

/** A member that has to be a text. @throws EngineError */
export function textMember(input: Json, name: string): string {
  const value = input[name];
  if (typeof value !== 'string') {
    throw EngineError.validation(`1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be a text`);
  }
  return value;
}

/** A member that may be a text. @throws EngineError */
export function optionalText(input: Json, name: string): string | undefined {
  return input[name] === undefined || input[name] === null ? undefined : textMember(input, name);
}

/** A member that has one of some values; the first is its default. @throws EngineError */
export function choice<Value extends string>(input: Json, name: string, values: readonly [Value, ...Value[]]): Value {
  const value = input[name] ?? values[0];
  if (!values.includes(value as Value)) {
    throw EngineError.validation(
      `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(', ')}]`,
    );
  }
  return value as Value;
}

/** A member that may be true or false. @throws EngineError */
export function flag(input: Json, name: string, otherwise: boolean): boolean {
  const value = input[name] ?? otherwise;
  if (typeof value !== 'boolean') {
    throw EngineError.validation(`1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be a boolean`);
  }
  return value;
}

/** A member that may be a whole number of at least 1. @throws EngineError */
export function optionalCount(input: Json, name: string): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw EngineError.validation(
      `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  }
  return value as number;
}
