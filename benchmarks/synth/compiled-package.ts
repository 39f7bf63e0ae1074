import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeExportsLazy } from '../../projenrc/lazy-exports';

const ROOT = path.join(__dirname, '..', '..');
const BUILD = path.join(ROOT, '.local', 'benchmark-build');

/** Compiles the package as it is published, into a folder of its own. @returns the folder */
export function compilePackage(): string {
  fs.rmSync(BUILD, { recursive: true, force: true });
  const compiler = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', BUILD], { stdio: 'inherit' });
  makeExportsLazy(ROOT, 'index.ts', BUILD);
  return BUILD;
}
