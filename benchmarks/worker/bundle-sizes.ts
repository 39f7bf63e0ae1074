import * as fs from 'node:fs';
import * as path from 'node:path';

/** Bytes that a bundle may have: 500 KB. */
export const LARGEST_BUNDLE_BYTES = 500_000;

/** One bundle of a deployable. */
export interface BundleSize {
  readonly deployable: string;
  /** `index.js` is what a start reads; each library that is read when it is first used is a bundle of its own. */
  readonly file: string;
  readonly bytes: number;
}

/** Sizes of all bundles, those of a deployable one after the other, its `index.js` first. @param assets folder that `lambdas/bundle.ts` writes */
export function bundleSizes(assets: string): BundleSize[] {
  return fs.readdirSync(assets).filter((name) => !name.startsWith('.')).sort().flatMap((deployable) => {
    const files = fs.readdirSync(path.join(assets, deployable)).filter((file) => file.endsWith('.js'));
    return files.sort((left, right) => Number(right === 'index.js') - Number(left === 'index.js') || left.localeCompare(right))
      .map((file) => ({ deployable, file, bytes: fs.statSync(path.join(assets, deployable, file)).size }));
  });
}
