import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** Builds `assets/<name>/` for every folder of `lambdas/` that has an `index.ts`, a `Dockerfile` of its own or both. */

const root = packageRoot(__dirname);
const sources = path.join(root, 'lambdas');
const assets = path.join(root, 'assets');

/** Bundles of which images are made, by `lambdas/Dockerfile`. */
const CONTAINERS: ReadonlySet<string> = new Set(['ledger-maintenance', 'payment-api', 'payment-stream-worker']);

/** A bundle that was made, or left alone because it was newer than all that goes into it. */
export interface BundleResult {
  readonly name: string;
  readonly built: boolean;
}

/**
 * Bundles each deployable whose output is missing or older than its sources.
 *
 * The code of this tree goes into `index.js` as it reads, so that a stack trace says where it was, and each library that it uses, minified, into a
 * file of its own beside it, which is read when it is first asked for: a start does not pay for a cache or a map that its environment does not have.
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
          const libraries = new Set<string>();
          await esbuild.build({
            ...BUILD_OPTIONS, entryPoints: [path.join('lambdas', name, 'index.ts')], outfile: path.join(temporary, 'index.js'),
            plugins: [librariesBeside(libraries)],
          });
          for (const library of [...libraries].sort()) {
            await esbuild.build({
              ...BUILD_OPTIONS, entryPoints: [require.resolve(library)], outfile: path.join(temporary, libraryFile(library)), minify: true,
              ...LIBRARY_OPTIONS[library],
              // With an error that nobody catches Node.js prints the line that threw it.
              lineLimit: 200,
            });
          }
        }
        const dockerfile = dockerfileOf(name);
        if (dockerfile !== undefined) {
          fs.copyFileSync(dockerfile, path.join(temporary, 'Dockerfile'));
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

const BUILD_OPTIONS: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // A file beside is a CommonJS module, whose names only `require` sees.
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
};

/** What a library needs so that it becomes one file. */
const LIBRARY_OPTIONS: Readonly<Record<string, BuildOptions>> = {
  '@platformatic/kafka': {
    entryPoints: [],
    stdin: { contents: 'export { Consumer, ProduceAcks, Producer } from "@platformatic/kafka";', resolveDir: root },
    plugins: [asOneFile()],
    // An ES module asks where it lies; a CommonJS one knows.
    banner: { js: 'const fileAddress=require("node:url").pathToFileURL(__filename).href;' },
    define: { 'import.meta.url': 'fileAddress' },
  },
  // It is asked for only by who chose the client that is not written in JavaScript.
  'pg': { external: ['pg-native'] },
};

/**
 * Of the Kafka client what is used: none of its files does anything but declare, which it does not say. Its checksums come as WebAssembly inside its
 * code, not in a file beside; and what reads records of schema registries is a library of 100 KB, and nobody here has such records.
 */
function asOneFile(): Plugin {
  return {
    name: 'as-one-file',
    setup: (build) => {
      build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, async ({ importer, kind, path: specifier, pluginData, resolveDir }) => (
        pluginData === RESOLVED || !/@platformatic.kafka.dist/.test(importer)
          ? undefined
          : { ...await build.resolve(specifier, { importer, kind, resolveDir, pluginData: RESOLVED }), sideEffects: false }
      ));
      build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, ({ importer, kind, path: specifier, resolveDir }) => (
        build.resolve(`${specifier}/bundled`, { importer, kind, resolveDir })
      ));
      build.onResolve({ filter: /^avsc$/ }, ({ path: specifier }) => ({ path: specifier, namespace: 'left-out' }));
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export default {};' }));
    },
  };
}

/** Marks a question that a plugin asks itself. */
const RESOLVED = 'resolved';

/** Leaves each package to a file of its own, and notes which they are. */
function librariesBeside(libraries: Set<string>): Plugin {
  return {
    name: 'libraries-beside',
    setup: (build) => {
      build.onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind }) => {
        if (kind === 'entry-point' || isBuiltin(specifier)) {
          return undefined;
        }
        libraries.add(specifier);
        return { path: `./${libraryFile(specifier)}`, external: true };
      });
    },
  };
}

/** `@redis/client` becomes `redis-client.js`. */
function libraryFile(specifier: string): string {
  return `${specifier.replace(/^@/, '').replaceAll('/', '-')}.js`;
}

function deployables(): string[] {
  if (!fs.existsSync(sources)) {
    return [];
  }
  return fs
    .readdirSync(sources, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (hasFile(entry.name, 'index.ts') || dockerfileOf(entry.name) !== undefined))
    // The runtime is a library with an index of its own, not a deployable.
    .filter((entry) => entry.name !== 'runtime')
    .map((entry) => entry.name)
    .sort();
}

/** What says how an image is built in its asset folder; undefined for what is no image. */
function dockerfileOf(name: string): string | undefined {
  if (CONTAINERS.has(name)) {
    return path.join(sources, 'Dockerfile');
  }
  return hasFile(name, 'Dockerfile') ? path.join(sources, name, 'Dockerfile') : undefined;
}

function hasFile(name: string, file: string): boolean {
  return fs.existsSync(path.join(sources, name, file));
}

function isStale(name: string): boolean {
  const dockerfile = dockerfileOf(name);
  const outputs = [...(hasFile(name, 'index.ts') ? ['index.js'] : []), ...(dockerfile === undefined ? [] : ['Dockerfile'])].map((file) => path.join(assets, name, file));
  if (outputs.some((file) => !fs.existsSync(file))) {
    return true;
  }
  const oldestOutput = Math.min(...outputs.map((file) => fs.statSync(file).mtimeMs));
  const libraries = hasFile(name, 'index.ts') ? [path.join(sources, 'runtime'), path.join(root, 'package-lock.json')] : [];
  const inputs = [path.join(sources, name), path.join(sources, 'bundle.ts'), ...(dockerfile === undefined ? [] : [dockerfile]), ...libraries];
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
