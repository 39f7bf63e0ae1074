import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Folder of a bundled deployable, for `lambda.Code.fromAsset` and `ecs.ContainerImage.fromAsset`.
 *
 * The same folder is found from the sources, from the build and from an installed package, because the root of the
 * package is looked for upwards from this file.
 *
 * @param name folder name below `assets/`, for example `payment-worker`.
 * @throws Error when the bundle is not there.
 */
export function assetFolder(name: string): string {
  const folder = path.join(packageRoot(__dirname), 'assets', name);
  if (!fs.existsSync(folder)) {
    throw new Error(`\`${name}\` must be bundled into assets/${name} first; \`npm run bundle\` makes every bundle`);
  }
  return folder;
}

/**
 * A file or folder that comes with the package, found from the sources, from the build and from an installed package alike.
 *
 * @param names its path below the root of the package
 */
export function packageFile(...names: string[]): string {
  return path.join(packageRoot(__dirname), ...names);
}

function packageRoot(start: string): string {
  const parent = path.dirname(start);
  if (fs.existsSync(path.join(start, 'package.json')) || parent === start) {
    return start;
  }
  return packageRoot(parent);
}
