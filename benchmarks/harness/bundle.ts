import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(__dirname, '..', '..');

/** Modules in the form in which they are deployed. */
export interface Bundles {
  /** The file of an entry, which Node.js runs by itself. */
  file(name: string): string;
  /** Source map of an entry, as JSON. */
  sourceMap(name: string): string;
  /** Takes the files away again. */
  remove(): void;
}

/**
 * Bundles modules as `npm run bundle` does for those that are deployed, so that each is measured as it would be deployed: what runs modules from
 * source puts a function call before each use of an import, and a loader of TypeScript adds work of its own.
 *
 * @param entries path from the root of the project, by name
 * @param external packages that stay as they were published, because they look for modules as they run. @default - none
 */
export async function bundle(entries: Readonly<Record<string, string>>, external: readonly string[] = []): Promise<Bundles> {
  // Within the project, where the packages are found that are not bundled.
  const parent = path.join(ROOT, '.local');
  fs.mkdirSync(parent, { recursive: true });
  const folder = fs.mkdtempSync(path.join(parent, 'benchmark-'));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: entries as Record<string, string>,
      outdir: folder,
      bundle: true,
      external: [...external],
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      legalComments: 'none',
      sourcemap: 'external',
      logLevel: 'warning',
    });
  } catch (error) {
    remove();
    throw error;
  }
  const file = (name: string): string => path.join(folder, `${name}.js`);
  return { file, sourceMap: (name) => fs.readFileSync(`${file(name)}.map`, 'utf8'), remove };
}
