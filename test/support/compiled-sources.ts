import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.join(__dirname, '..', '..');
const FOLDERS = ['apps', 'cli', 'constructs', 'lambdas', 'lib', 'local'];
const COMPILED = path.join(root, '.local', 'compiled');
/** A folder of other sources may still be in use by a run that began before they changed, but not for ever. */
const KEPT_MILLISECONDS = 6 * 3_600_000;

let known: string | undefined;

/**
 * The sources as JavaScript, in a folder named after their content: a process that is started from there begins a good while sooner than one
 * that has to compile itself through tsx. Types are not checked.
 *
 * @returns the folder, which has the layout of the root; it is made where no run before had the very same sources, and the same for as long as
 * this process, or this test file, lives
 */
export function compiledSources(): string {
  known ??= compiledNow();
  return known;
}

function compiledNow(): string {
  const files = ['index.ts', ...FOLDERS.flatMap(filesIn)].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = fs.readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  const folder = path.join(COMPILED, hash.digest('hex').slice(0, 20));
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(COMPILED, { recursive: true });
    removeOld();
    compile(files, folder);
  }
  return folder;
}

/** Compiles beside the folder and renames, so that nobody ever sees half of it. */
function compile(files: readonly string[], folder: string): void {
  const temporary = fs.mkdtempSync(`${folder}-`);
  try {
    const isSource = (file: string): boolean => file.endsWith('.ts') && !file.endsWith('.d.ts');
    buildSync({
      absWorkingDir: root,
      entryPoints: files.filter(isSource),
      outdir: temporary,
      outbase: root,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
    for (const file of files.filter((it) => !isSource(it))) {
      fs.mkdirSync(path.dirname(path.join(temporary, file)), { recursive: true });
      fs.copyFileSync(path.join(root, file), path.join(temporary, file));
    }
    fs.renameSync(temporary, folder);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    // Another process may have compiled the same at the same time.
    if (!fs.existsSync(folder)) {
      throw error;
    }
  }
}

function removeOld(): void {
  for (const name of fs.readdirSync(COMPILED)) {
    const folder = path.join(COMPILED, name);
    if (Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > KEPT_MILLISECONDS) {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

function filesIn(folder: string): string[] {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  });
}
