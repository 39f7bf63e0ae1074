import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import * as ts from 'typescript';
import { type Manifest, modelOf } from './model-of';

const root = path.join(__dirname, '..', '..', '..');

/**
 * What the published models find wrong with manifests: what is missing, of another type, or out of bounds. The models are ES modules, which the
 * tests do not load; so a process of its own asks them.
 */
export function modelFaults(manifests: readonly Manifest[]): string[] {
  const input = manifests.flatMap((manifest) => {
    const module = modelOf(manifest);
    return module === undefined ? [] : [{ module, manifest }];
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(__dirname, 'validate-models.mjs')], {
    input: JSON.stringify(input), encoding: 'utf8', cwd: root,
  });
  if (status !== 0) {
    throw new Error(`the models could not be asked: ${stderr}`);
  }
  return JSON.parse(stdout) as string[];
}

/**
 * Fields that the kinds do not have, which the models let pass: each manifest is compiled as a literal of the interface of its kind, and the compiler
 * knows every field at every depth.
 */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const known = manifests.filter((manifest) => modelOf(manifest) !== undefined);
  const file = path.join(root, 'manifests.mts');
  const source = known
    .map((manifest, index) => `export const m${index}: import('${modelOf(manifest)}').I${manifest.kind} = ${JSON.stringify(manifest)};`)
    .join('\n');
  const options: ts.CompilerOptions = {
    strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const literals = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  host.getSourceFile = (name, ...rest) => (name === file ? literals : getSourceFile(name, ...rest));
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source : readFile(name));
  const program = ts.createProgram([file], options, host);
  return program.getSemanticDiagnostics(literals).map(({ messageText, start }) => {
    const { line } = literals.getLineAndCharacterOfPosition(start!);
    return `${known[line].kind} ${known[line].metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
