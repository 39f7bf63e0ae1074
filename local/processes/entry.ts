import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const EXTENSION = path.extname(__filename);

/** How a module of this folder is started as a process: compiled as it is, a source through tsx. */
export interface ProcessEntry {
  readonly file: string;
  readonly execArgv: string[];
}

/** The module of this folder with the given name. */
export function processEntry(name: string): ProcessEntry {
  return { file: path.join(__dirname, `${name}${EXTENSION}`), execArgv: loaderArguments() };
}

/** Arguments that make Node load a module of this folder before the program. */
export function preloadArguments(name: string): string[] {
  return [...loaderArguments(), '--import', pathToFileURL(processEntry(name).file).href];
}

function loaderArguments(): string[] {
  return EXTENSION === '.ts' ? ['--import', pathToFileURL(require.resolve('tsx')).href] : [];
}
