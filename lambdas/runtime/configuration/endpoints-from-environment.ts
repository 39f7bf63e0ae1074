import type { Environment } from './environment';

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Servers in the order in which a variable names them: `host:port`, separated by commas.
 *
 * @param defaultPort of those that are named by their host alone; without it none may be
 * @param form what the variable should have had, as an error says it
 * @throws Error naming the variable when it is missing or malformed, or a port is not between 1 and 65535
 */
export function endpointsFromEnvironment(
  environment: Environment, variable: string, defaultPort?: number, form = defaultPort === undefined ? 'host:port' : 'host or host:port',
): Endpoint[] {
  return environment.list(variable).map((text) => {
    const match = /^([^\s:/]+)(?::(\d{1,5}))?$/.exec(text);
    const port = Number(match?.[2] ?? defaultPort);
    if (match === null || !(port >= 1 && port <= 65_535)) {
      throw new Error(`${variable} must be a comma-separated list of ${form}, got: ${text}`);
    }
    return { host: match[1], port };
  });
}
