import { PermanentError } from './batch-errors';

/** What a schema says of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema of any library that follows Standard Schema, such as Zod, Valibot or ArkType.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  };
}

/** Names in a reason at most. */
const MOST_PATHS = 5;
/** A name as a format has it. Other keys may be values: those of a map are data. */
const NAME = /^[A-Za-z_][A-Za-z_-]{0,63}$/;

/** Whether something is a schema; some are functions as well. */
export function isStandardSchema<Output>(value: unknown): value is StandardSchema<Output> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

/**
 * A value as a schema gives it back.
 *
 * @throws PermanentError that names what does not fit, never its value
 */
export function parseWith<Output>(schema: StandardSchema<Output>, value: unknown): Output | Promise<Output> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(outputOf) : outputOf(result);
}

function outputOf<Output>(result: StandardResult<Output>): Output {
  if (result.issues === undefined) {
    return result.value;
  }
  const paths = [...new Set(result.issues.map(pathOf))];
  const named = paths.slice(0, MOST_PATHS).join(', ');
  throw new PermanentError(`the schema does not take ${named}${paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : ''}`);
}

function pathOf({ path = [] }: StandardIssue): string {
  if (path.length === 0) {
    return 'the record';
  }
  return path.map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment;
    return typeof key === 'number' || (typeof key === 'string' && NAME.test(key)) ? String(key) : '?';
  }).join('.');
}
