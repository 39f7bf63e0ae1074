import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { MissingEngineError } from '../binary';
import type { ObjectApplication } from '../object';

const PACKAGE = 'fauxqs';

/** The part of the engine that is used here: an HTTP application that is not listening yet. It serves queues and objects on one port. */
export interface EngineApplication extends ObjectApplication {
  listen(options: { host: string; port: number }): Promise<string>;
  close(): PromiseLike<unknown>;
}

/**
 * Loads fauxqs, an SQS and S3 in memory. It is an ES module and is loaded when it is needed.
 *
 * Its own `start` function listens on every interface of the machine; the application that it is built from listens where it is told.
 *
 * @throws MissingEngineError when it is not installed.
 */
export async function loadFauxqs(region: string): Promise<{ readonly application: EngineApplication; readonly title: string }> {
  let engine: typeof import('fauxqs', { with: { 'resolution-mode': 'import' } });
  try {
    engine = await import('fauxqs');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
      ? new MissingEngineError(`The local run keeps its queues and objects in ${PACKAGE}, and its npm package ${PACKAGE} is not installed: run \`npm ci\`.`)
      : error;
  }
  return { application: engine.buildApp({ logger: false, defaultRegion: region }), title: `${PACKAGE} ${version()}` };
}

/** The package does not export its manifest, so it is looked for in the folders that packages are in. */
function version(): string {
  const manifest = (require.resolve.paths(PACKAGE) ?? []).map((folder) => path.join(folder, PACKAGE, 'package.json')).find((file) => existsSync(file));
  return manifest === undefined ? '' : JSON.parse(readFileSync(manifest, 'utf8')).version;
}
