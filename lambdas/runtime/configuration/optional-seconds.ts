import type { Environment } from './environment';

/**
 * An option of so many seconds, from 1; nothing where its variable is not set: a reader of the ledger needs no windows.
 *
 * @throws Error naming the variable when it is malformed
 */
export function optionalSeconds<Name extends string>(option: Name, environment: Environment, variable: string): { [name in Name]?: number } {
  return environment.optionalText(variable) === undefined
    ? {}
    : { [option]: environment.integer(variable, { minimum: 1 }) } as { [name in Name]?: number };
}
