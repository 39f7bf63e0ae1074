import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(__dirname, '..', '..');

/** Modules in the form in which they are deployed. */
export interface Bundles {
  /** The file of an entry. */
  file(name: string): string;
  /** Takes the files away again. */
  remove(): void;
}

/**
 * Bundles modules as `npm run bundle` does for those that are deployed: a loader of TypeScript in the measured process would add work of its own
 * to every function.
 *
 * @param entries path from the root of the project, by name
 */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<Bundles> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-'));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: entries as Record<string, string>,
      outdir: folder,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { file: (name) => path.join(folder, `${name}.js`), remove };
}
