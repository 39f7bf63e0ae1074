import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
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

/**
 * Compiles a side of the benchmark into the same folder: sides run in Node alone, because a loader of TypeScript would have its hand in every module
 * that either side loads.
 *
 * @returns the compiled file
 */
export function compileSide(build: string, name: string): string {
  const source = fs.readFileSync(path.join(__dirname, `${name}.ts`), 'utf8');
  const compiled = path.join(build, 'benchmarks', 'synth', `${name}.js`);
  fs.mkdirSync(path.dirname(compiled), { recursive: true });
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  fs.writeFileSync(compiled, ts.transpileModule(source, { compilerOptions }).outputText);
  return compiled;
}
