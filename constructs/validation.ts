import { Duration, Token } from 'aws-cdk-lib';

/**
 * Checks that a number lies between two bounds, both included. Tokens pass: their value is known to CloudFormation only.
 *
 * @throws Error `` `batchSize` must be between 1 and 10000, got: 0 ``
 */
export function requireBetween(name: string, value: number | undefined, minimum: number, maximum: number): void {
  if (value === undefined || Token.isUnresolved(value)) {
    return;
  }
  // Written so that NaN fails as well.
  if (!(value >= minimum && value <= maximum)) {
    throw new Error(`\`${name}\` must be between ${minimum} and ${maximum}, got: ${value}`);
  }
}

/**
 * Checks that a whole number lies between two bounds, both included.
 *
 * @throws Error `` `shards` must be a whole number, got: 1.5 ``
 */
export function requireIntegerBetween(name: string, value: number | undefined, minimum: number, maximum: number): void {
  requireBetween(name, value, minimum, maximum);
  if (value !== undefined && !Token.isUnresolved(value) && !Number.isInteger(value)) {
    throw new Error(`\`${name}\` must be a whole number, got: ${value}`);
  }
}

/**
 * Checks that a duration lies between two bounds, both included.
 *
 * @throws Error `` `batchingWindow` must be between 0 and 300 seconds, got: 301 ``
 */
export function requireDurationBetween(name: string, value: Duration | undefined, minimum: Duration, maximum: Duration): void {
  if (value === undefined || value.isUnresolved()) {
    return;
  }
  const seconds = value.toSeconds({ integral: false });
  if (seconds < minimum.toSeconds() || seconds > maximum.toSeconds()) {
    throw new Error(`\`${name}\` must be between ${minimum.toSeconds()} and ${maximum.toSeconds()} seconds, got: ${seconds}`);
  }
}

/**
 * Checks that a text matches a pattern.
 *
 * @throws Error `` `name` must be lower-case letters, digits and dashes, got: A b ``
 */
export function requirePattern(name: string, value: string | undefined, pattern: RegExp, meaning: string): void {
  if (value !== undefined && !Token.isUnresolved(value) && !pattern.test(value)) {
    throw new Error(`\`${name}\` must be ${meaning}, got: ${value}`);
  }
}

/**
 * Checks that a text is a label of DNS (RFC 1123), as names of namespaces and most other objects of Kubernetes are.
 *
 * @param meaning what the message says of it
 * @throws Error `` `namespace` must be lower-case letters, digits and dashes, at most 63, got: Pay ``
 */
export function requireDnsLabel(name: string, value: string | undefined, meaning = 'lower-case letters, digits and dashes, at most 63'): void {
  requirePattern(name, value, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, meaning);
}
