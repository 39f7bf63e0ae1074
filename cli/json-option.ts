import * as fs from 'node:fs';
import { AssemblyError } from '../lib/topology';
import { type CommandInput, text } from './command';

/**
 * What the JSON file that an option names holds, or undefined without the option.
 *
 * @throws AssemblyError for a file that is not there or no JSON
 */
export function readJsonOption(input: CommandInput, option: string): unknown {
  const file = text(input, option);
  if (file === undefined) {
    return undefined;
  }
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssemblyError(`--${option} ${file}: ${(error as Error).message}`);
  }
}
