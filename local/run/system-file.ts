import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LocalSystem } from './system';

/** What a folder of a run holds while its system is up, for operator commands that are to find it. */
export interface SystemFile {
  /** Variables that a client needs: addresses of the engines, names of tables, streams and buckets. */
  readonly environment: { readonly [name: string]: string };
  /** Addresses of the API, one a cell. */
  readonly api: readonly string[];
}

/** Writes `system.json` into the folder of a run. */
export function writeSystemFile(folder: string, system: LocalSystem): void {
  const content: SystemFile = {
    environment: system.operatorEnvironment,
    api: system.apiTargets.map(({ host, port }) => `http://${host}:${port}`),
  };
  // Readers must never see half of it.
  const file = systemFile(folder);
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

/** Takes the file away: from now on nobody finds this system. */
export function removeSystemFile(folder: string): void {
  fs.rmSync(systemFile(folder), { force: true });
}

function systemFile(folder: string): string {
  return path.join(folder, 'system.json');
}
