import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiledModule } from './compiled-module';

const EXTENSION = path.extname(__filename);

/** How a module of this folder is started as a process: compiled as it is, a source through tsx. */
export interface ProcessEntry {
  readonly file: string;
  readonly execArgv: string[];
}

/**
 * Room for young objects, in MiB, of processes that hold on to each payment for a moment: until it is answered, or written down. With the 16 of
 * Node.js they are copied again and again meanwhile.
 */
const YOUNG_OBJECTS: Readonly<Record<string, number>> = { 'checker': 64, 'load-generator': 64 };

/** Modules that import no other source and start again and again in a run, with each environment and each task. */
const STARTED_OFTEN: readonly string[] = ['execution-environment', 'leave-with-parent'];

/** The module of this folder with the given name. */
export function processEntry(name: string): ProcessEntry {
  if (EXTENSION === '.ts' && STARTED_OFTEN.includes(name)) {
    return { file: compiledModule(path.join(__dirname, `${name}.ts`)), execArgv: [] };
  }
  const room = YOUNG_OBJECTS[name];
  const file = path.join(__dirname, `${name}${EXTENSION}`);
  return { file, execArgv: [...loaderArguments(), ...(room === undefined ? [] : [`--max-semi-space-size=${room}`])] };
}

/** Arguments that make Node load a module of this folder before the program. */
export function preloadArguments(name: string): string[] {
  const { execArgv, file } = processEntry(name);
  return [...execArgv, '--import', pathToFileURL(file).href];
}

function loaderArguments(): string[] {
  return EXTENSION === '.ts' ? ['--import', pathToFileURL(require.resolve('tsx')).href] : [];
}
