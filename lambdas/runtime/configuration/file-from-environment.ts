import { readFileSync } from 'node:fs';
import type { Environment } from './environment';

/** How a server proves who it is: by authorities as PEM, by those of Node.js (`system`), or not at all (`off`, for a server on this machine). */
export type TlsChoice = { readonly authorities: string } | 'system' | 'off';

/**
 * `system` (also where it is not set), `off`, or the path of a file with the authorities as PEM.
 *
 * @throws Error naming the variable whose file cannot be read
 */
export function tlsFromEnvironment(environment: Environment, name: string): TlsChoice {
  const value = environment.optionalText(name) ?? 'system';
  return value === 'system' || value === 'off' ? value : { authorities: readNamedFile(name, value) };
}

/**
 * The text of the file that a variable names, without white space around it; read at each call, as what a secret is mounted as changes.
 *
 * @returns reads it; throws an Error naming the variable when it cannot be read, or is empty
 * @throws Error when the variable is not set
 */
export function fileFromEnvironment(environment: Environment, name: string): () => Promise<string> {
  const path = environment.text(name);
  return async () => {
    const text = readNamedFile(name, path).trim();
    if (text === '') {
      throw new Error(`${name} must name a file that is not empty, got: ${path}`);
    }
    return text;
  };
}

function readNamedFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${name} must name a file that can be read, got: ${path} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
