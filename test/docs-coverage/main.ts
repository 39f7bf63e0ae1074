import * as fs from 'node:fs';
import * as path from 'node:path';
import { importsOf, root, sourceFiles } from '../house/source-files';

/**
 * Holds docs/coverage.md and the other pages against the tree: every export, test and file that they name must be there.
 *
 * Run by `npm run docs:coverage`; prints what is wrong and exits with 1.
 */

const problems: string[] = [];
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** Rows of docs/coverage.md: | id | what | where | test |. */
function checkCoverage(): number {
  const rows = read('docs/coverage.md').split('\n').filter((line) => /^\| (?:[A-Z]|INV)\d+/.test(line)).map((line) => line.split('|').map((cell) => cell.trim()).slice(1, -1));
  for (const [id, , where, proof] of rows) {
    const named = inlineCode(where);
    if (named.length === 0) {
      problems.push(`docs/coverage.md: row ${id} names no export or file`);
    }
    named.filter((name) => !exists(name)).forEach((name) => problems.push(`docs/coverage.md: row ${id} names ${name}, which is not there`));
    const tests = inlineCode(proof);
    if (tests.length === 0) {
      problems.push(`docs/coverage.md: row ${id} names no proof`);
    }
    tests.filter((name) => !isProof(name)).forEach((name) => problems.push(`docs/coverage.md: row ${id} names the proof ${name}, which is not there`));
  }
  return rows.length;
}

/** Links between pages lead somewhere. */
function checkLinks(): number {
  const pages = ['README.md', ...fs.readdirSync(path.join(root, 'docs'), { recursive: true }).map(String).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(target) && !fs.existsSync(path.join(root, path.dirname(page), target))) {
        problems.push(`${page}: links to ${target}, which is not there`);
      }
    }
  }
  return pages.length;
}

/** Every construct has its page; those of cdk8s share one. */
function checkConstructPages(): number {
  const constructs = sourceFiles(['constructs']).flatMap((file) =>
    [...read(file).matchAll(/^export class (\w+) extends (?:Construct|Resource)\b/gm)].map(([, name]) => ({ file, name })),
  );
  const isPublic = new Set(importsOf('index.ts').map(({ to }) => to.split('/')[0]));
  const pages = [...fs.readdirSync(path.join(root, 'docs/constructs')).map((file) => `docs/constructs/${file}`), 'docs/kubernetes.md'].map(read).join('\n');
  if (isPublic.has('constructs')) {
    constructs.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(pages)).forEach(({ file, name }) => problems.push(`docs/constructs: no page tells of ${name} (${file})`));
  }
  return constructs.length;
}

function inlineCode(cell: string): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
}

/** A file, or the name of something that a source exports. */
function exists(name: string): boolean {
  return fs.existsSync(path.join(root, name)) || exportedNames().has(name);
}

/** A test file, a page, or a script of package.json. */
function isProof(name: string): boolean {
  const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
  const script = /^npm (?:run )?(\S+)/.exec(name)?.[1];
  return script === undefined ? fs.existsSync(path.join(root, name)) : script in scripts;
}

let names: Set<string> | undefined;
function exportedNames(): Set<string> {
  names ??= new Set(
    sourceFiles(['lib', 'constructs', 'lambdas', 'local', 'cli', 'apps']).flatMap((file) =>
      [...read(file).matchAll(/^export (?:abstract )?(?:async )?(?:class|function|const|interface|type|enum) (\w+)/gm)].map(([, name]) => name),
    ),
  );
  return names;
}

const rows = checkCoverage();
const pages = checkLinks();
const constructs = checkConstructPages();
problems.forEach((problem) => process.stderr.write(`${problem}\n`));
process.stdout.write(`${rows} rows of the guide, ${pages} pages and ${constructs} constructs checked: ${problems.length === 0 ? 'all true' : `${problems.length} problems`}\n`);
process.exit(problems.length === 0 ? 0 : 1);
