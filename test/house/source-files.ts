import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

export const root = path.join(__dirname, '..', '..');

/** Every TypeScript source of the given folders, relative to the root. */
export function sourceFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => walk(path.join(root, folder))).map((file) => path.relative(root, file)).filter((file) => file.endsWith('.ts'));
}

function walk(file: string): string[] {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) {
    return [];
  }
  return stat.isDirectory() ? fs.readdirSync(file).flatMap((entry) => walk(path.join(file, entry))) : [file];
}

export interface Import {
  readonly from: string;
  /** A file of this project relative to the root, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
}

/** What a file imports, exports from, requires or loads later. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string) => {
    if (specifier.startsWith('.')) {
      const target = path.relative(root, resolveFile(path.resolve(root, path.dirname(file), specifier)));
      found.push({ from: file, to: target, isPackage: false });
    } else {
      found.push({ from: file, to: specifier, isPackage: true });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text);
    } else if (ts.isCallExpression(node) && node.arguments.length === 1 && ts.isStringLiteral(node.arguments[0])) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      if (isRequire || node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        add(node.arguments[0].text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, fs.readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2022, false));
  return found;
}

function resolveFile(target: string): string {
  for (const candidate of [target, `${target}.ts`, path.join(target, 'index.ts')]) {
    if (fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) {
      return candidate;
    }
  }
  return target;
}
