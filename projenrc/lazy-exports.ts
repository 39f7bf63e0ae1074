import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

/**
 * Replaces a compiled barrel file, and every one that it passes exports on from, by one that loads a module only when one of its exports is asked
 * for, as aws-cdk-lib does it: who imports one construct does not pay for all of them, and a construct that takes one function of a folder does not
 * pay for the folder.
 *
 * @param root folder of the sources
 * @param entry the barrel, e.g. `index.ts`
 * @param build folder of the compiled sources
 */
export function makeExportsLazy(root: string, entry: string, build: string): void {
  const compiled = (source: string): string => path.join(build, path.relative(root, source).replace(/\.ts$/, '.js'));
  for (const source of barrelsFrom(path.join(root, entry))) {
    const barrel = compiled(source);
    const lines = [
      '"use strict";',
      'Object.defineProperty(exports, "__esModule", { value: true });',
      'function lazy(name, load) {',
      '  const found = (value) => Object.defineProperty(exports, name, { enumerable: true, configurable: true, value });',
      '  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => found(load()[name])[name] });',
      '}',
    ];
    for (const [name, definedIn] of exportsOf(source)) {
      const target = path.relative(path.dirname(barrel), compiled(definedIn)).split(path.sep).join('/');
      // The assignment does nothing but tell Node the name when an ES module imports from here.
      lines.push(`exports.${name} = void 0;`, `lazy("${name}", () => require("./${target}"));`);
    }
    fs.writeFileSync(barrel, `${lines.join('\n')}\n`);
  }
}

/** A barrel, and those that it passes exports on from: files that hold nothing else. */
function barrelsFrom(file: string, found: Set<string> = new Set()): Set<string> {
  const passedOn = statementsOf(file).map((it) => (ts.isExportDeclaration(it) ? it.moduleSpecifier : undefined));
  if (found.has(file) || passedOn.length === 0 || passedOn.includes(undefined)) {
    return found;
  }
  found.add(file);
  passedOn.forEach((it) => barrelsFrom(resolve(file, (it as ts.StringLiteral).text), found));
  return found;
}

/** What a module exports at run time, no types: names, and the modules that define them. */
function exportsOf(file: string): Map<string, string> {
  const found = new Map(namesDefinedIn(file).map((name) => [name, file]));
  for (const statement of statementsOf(file)) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined || statement.isTypeOnly) {
      continue;
    }
    const passedOn = exportsOf(resolve(file, (statement.moduleSpecifier as ts.StringLiteral).text));
    const clause = statement.exportClause;
    const elements = clause !== undefined && ts.isNamedExports(clause) ? clause.elements : undefined;
    const named = elements?.filter((it) => !it.isTypeOnly).map((it) => it.name.text);
    for (const [name, source] of passedOn) {
      if (named === undefined || named.includes(name)) {
        found.set(name, source);
      }
    }
  }
  return found;
}

/** Classes, functions, enumerations and constants that a module exports. */
function namesDefinedIn(file: string): string[] {
  return statementsOf(file).flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) ?? [] : [];
    if (!modifiers.some((it) => it.kind === ts.SyntaxKind.ExportKeyword)) {
      return [];
    }
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map((it) => it.name.getText());
    }
    const isValue = ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement) || ts.isEnumDeclaration(statement);
    return isValue && statement.name !== undefined ? [statement.name.text] : [];
  });
}

function statementsOf(file: string): readonly ts.Statement[] {
  return ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true).statements;
}

function resolve(from: string, specifier: string): string {
  const target = path.join(path.dirname(from), specifier);
  return fs.existsSync(`${target}.ts`) ? `${target}.ts` : path.join(target, 'index.ts');
}
