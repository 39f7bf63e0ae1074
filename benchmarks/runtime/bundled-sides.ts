import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(__dirname, '../..');

/** The sides as files that Node.js runs by themselves. */
export interface BundledSides {
  /** File of a side. @param name its module under `sides/`, without the ending */
  file(name: string): string;
  /** Source map of a side, as JSON. */
  sourceMap(name: string): string;
  remove(): void;
}

/**
 * Bundles every side as a Lambda function is bundled (`lambdas/bundle.ts`), so that each is measured as it would be deployed: what runs modules from
 * source puts a function call before each use of an import. The peers' codecs stay as they were published, because they look for modules as they run.
 */
export async function bundleSides(): Promise<BundledSides> {
  // Within the project, where the packages are found that are not bundled.
  const parent = path.join(ROOT, '.local');
  fs.mkdirSync(parent, { recursive: true });
  const folder = fs.mkdtempSync(path.join(parent, 'benchmark-runtime-'));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: fs.readdirSync(path.join(__dirname, 'sides')).filter((name) => name.endsWith('-side.ts')).map((name) => path.join(__dirname, 'sides', name)),
      outdir: folder,
      bundle: true,
      external: ['protobufjs', 'aws-kinesis-agg'],
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
