import * as fs from 'node:fs';
import * as path from 'node:path';

/** Builds `assets/<name>/` for every folder of `lambdas/` that has an `index.ts`, a `Dockerfile` or both. */

const root = packageRoot(__dirname);
const sources = path.join(root, 'lambdas');
const assets = path.join(root, 'assets');

/** A bundle that was made, or left alone because it was newer than all that goes into it. */
export interface BundleResult {
  readonly name: string;
  readonly built: boolean;
}

/**
 * Bundles each deployable whose output is missing or older than its sources.
 *
 * The same sources give the same bytes in every checkout: no source map, no path of this machine, fixed options.
 *
 * @param force bundle all of them, whatever their age.
 */
export async function bundleLambdas(force = false): Promise<BundleResult[]> {
  const names = deployables();
  const stale = names.filter((name) => force || isStale(name));
  if (stale.length > 0) {
    // Loaded only when something is to be built: a published package has its bundles and no esbuild.
    const esbuild = await import('esbuild');
    for (const name of stale) {
      const target = path.join(assets, name);
      // Written beside and renamed, so that a second synthesis at the same moment never reads half a bundle.
      const temporary = fs.mkdtempSync(path.join(ensureFolder(assets), `.${name}-`));
      try {
        if (hasFile(name, 'index.ts')) {
          await esbuild.build({
            absWorkingDir: root,
            entryPoints: [path.join('lambdas', name, 'index.ts')],
            outfile: path.join(temporary, 'index.js'),
            bundle: true,
            platform: 'node',
            target: 'node20',
            format: 'cjs',
            legalComments: 'none',
            sourcemap: false,
            logLevel: 'warning',
          });
        }
        for (const file of copiedFiles(name)) {
          fs.copyFileSync(path.join(sources, name, file), path.join(temporary, file));
        }
        fs.chmodSync(temporary, 0o755);
        fs.rmSync(target, { recursive: true, force: true });
        fs.renameSync(temporary, target);
      } finally {
        fs.rmSync(temporary, { recursive: true, force: true });
      }
    }
  }
  return names.map((name) => ({ name, built: stale.includes(name) }));
}

function deployables(): string[] {
  if (!fs.existsSync(sources)) {
    return [];
  }
  return fs
    .readdirSync(sources, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (hasFile(entry.name, 'index.ts') || copiedFiles(entry.name).length > 0))
    // The runtime is a library with an index of its own, not a deployable.
    .filter((entry) => entry.name !== 'runtime')
    .map((entry) => entry.name)
    .sort();
}

/** Files that go into the asset as they are: an image is built in its asset folder. */
function copiedFiles(name: string): string[] {
  return ['Dockerfile'].filter((file) => hasFile(name, file));
}

function hasFile(name: string, file: string): boolean {
  return fs.existsSync(path.join(sources, name, file));
}

function isStale(name: string): boolean {
  const outputs = [...(hasFile(name, 'index.ts') ? ['index.js'] : []), ...copiedFiles(name)].map((file) => path.join(assets, name, file));
  if (outputs.some((file) => !fs.existsSync(file))) {
    return true;
  }
  const oldestOutput = Math.min(...outputs.map((file) => fs.statSync(file).mtimeMs));
  const libraries = hasFile(name, 'index.ts') ? [path.join(sources, 'runtime'), path.join(root, 'package-lock.json')] : [];
  const inputs = [path.join(sources, name), ...libraries];
  return inputs.some((input) => newestChange(input) > oldestOutput);
}

function newestChange(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) {
    return 0;
  }
  if (!stat.isDirectory()) {
    return stat.mtimeMs;
  }
  return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((entry) => newestChange(path.join(file, entry))));
}

function ensureFolder(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function packageRoot(start: string): string {
  let folder = start;
  while (!fs.existsSync(path.join(folder, 'package.json'))) {
    folder = path.dirname(folder);
  }
  return folder;
}

if (require.main === module) {
  void bundleLambdas(process.argv.includes('--force')).then((results) => {
    for (const { name, built } of results) {
      process.stdout.write(`${built ? 'bundled' : 'up to date'}  assets/${name}\n`);
    }
  });
}
