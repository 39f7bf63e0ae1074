import { accessSync, constants, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** An engine that is one executable inside an npm package, a package for each platform. */
export interface EngineBinary {
  /** Name of the engine as people know it. */
  readonly engine: string;
  /** What the local run uses it for, such as `tables`. */
  readonly role: string;
  /** npm scope or prefix; the package is `${packagePrefix}${platform}-${architecture}`. */
  readonly packagePrefix: string;
  /** Path of the executable inside the package. */
  readonly executable: string;
  /** Platforms for which a package is known to exist, as `platform-architecture` of Node.js. */
  readonly platforms: readonly string[];
  /** What can be done without the engine, as a sentence for its user. @default - nothing */
  readonly alternative?: string;
}

/** The table engine. Its packages are published for each platform; this one is a dependency here. */
export const DYNOXIDE: EngineBinary = {
  engine: 'dynoxide',
  role: 'tables',
  packagePrefix: '@dynoxide/',
  executable: 'dynoxide',
  platforms: ['linux-x64'],
  alternative: '`--table memory` works without it.',
};

/** An executable that was found. */
export interface FoundEngine {
  /** Absolute path. */
  readonly file: string;
  /** Name and version, such as `dynoxide 1.2.1`. */
  readonly title: string;
}

/** An engine binary is not there, or not for this platform. The message says what to do. */
export class MissingEngineError extends Error {
  readonly name = 'MissingEngineError';
}

/**
 * Finds an engine's executable in node_modules.
 *
 * @param binary the engine.
 * @param platform platform to look for. Default: the one that runs this.
 * @param resolve how a module path is resolved, as `require.resolve`.
 * @throws MissingEngineError when no package fits the platform, or it is not installed, or cannot be executed.
 */
export function findEngineBinary(
  binary: EngineBinary,
  platform = `${process.platform}-${process.arch}`,
  resolve: (id: string) => string = require.resolve,
): FoundEngine {
  const packageName = `${binary.packagePrefix}${platform}`;
  let manifest: string;
  try {
    manifest = resolve(`${packageName}/package.json`);
  } catch {
    throw missing(binary, binary.platforms.includes(platform)
      ? `its npm package ${packageName} is not installed: run \`npm ci\` without --omit=optional.`
      : `it comes for ${binary.platforms.join(', ')} and not for this platform (${platform}, npm package ${packageName}): start the run on `
        + `${binary.platforms.join(' or ')}, for instance in a container or a virtual machine; synthesis, tests of constructs and reports work here.`);
  }
  const file = path.join(path.dirname(manifest), binary.executable);
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw missing(binary, `${file} of npm package ${packageName} cannot be executed: remove node_modules and run \`npm ci\` again.`);
  }
  return { file, title: `${binary.engine} ${JSON.parse(readFileSync(manifest, 'utf8')).version}` };
}

function missing({ role, engine, alternative }: EngineBinary, reason: string): MissingEngineError {
  return new MissingEngineError(`The local run keeps its ${role} in ${engine}, and ${reason}${alternative === undefined ? '' : ` ${alternative}`}`);
}
