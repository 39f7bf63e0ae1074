import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ProcessEntry } from '../../local/processes/entry';
import { compiledSources } from './compiled-sources';

/**
 * Takes the place of `local/processes/entry` in tests: the processes that they start run the same sources, compiled once for all of them.
 */

export function processEntry(name: string): ProcessEntry {
  return { file: path.join(compiledSources(), 'local', 'processes', `${name}.js`), execArgv: [] };
}

export function preloadArguments(name: string): string[] {
  return ['--import', pathToFileURL(processEntry(name).file).href];
}
