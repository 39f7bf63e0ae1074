import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..', '..', '..');
const PAGE = 'docs/event-source-mapping.md';

interface Row {
  readonly line: number;
  readonly test: string;
}

/** Rows of the page's tables whose last column is `test`. */
function rows(): Row[] {
  const found: Row[] = [];
  let inTable = false;
  fs.readFileSync(path.join(ROOT, PAGE), 'utf8').split('\n').forEach((text, index) => {
    const cells = text.startsWith('|') ? text.split('|').map((cell) => cell.trim()).slice(1, -1) : [];
    if (cells.at(-1) === 'test') {
      inTable = true;
    } else if (cells.length === 0) {
      inTable = false;
    } else if (inTable && !/^-+$/.test(cells[0])) {
      found.push({ line: index + 1, test: cells.at(-1)! });
    }
  });
  return found;
}

const known = new Map<string, ReadonlySet<string>>();

/** Titles of a test file: of its tests and groups, and the names in its tables of scenarios. */
function titlesOf(file: string): ReadonlySet<string> {
  const titles = known.get(file) ?? readTitles(file);
  known.set(file, titles);
  return titles;
}

function readTitles(file: string): Set<string> {
  const titles = new Set<string>();
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isStringLiteralLike(node.arguments[0] ?? node) && /^(it|describe)\b/.test(node.expression.getText(source))) {
      titles.add((node.arguments[0] as ts.StringLiteralLike).text);
    }
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'name' && ts.isStringLiteralLike(node.initializer)) {
      titles.add(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** What is wrong with the references of a row: `file`: "title", "title"; `file` … */
function problems({ line, test }: Row): string[] {
  const wrong: string[] = [];
  let file: string | undefined;
  for (const [, name, title] of test.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
    if (name !== undefined) {
      file = path.join(ROOT, name.includes('/') ? `${name}.test.ts` : `test/lib/event-source/${name}.test.ts`);
    }
    if (file === undefined) {
      wrong.push(`line ${line}: "${title}" names no file`);
    } else if (!fs.existsSync(file)) {
      wrong.push(`line ${line}: there is no ${path.relative(ROOT, file)}`);
    } else if (title !== undefined && !titlesOf(file).has(title)) {
      wrong.push(`line ${line}: ${path.relative(ROOT, file)} has no test "${title}"`);
    }
  }
  return file === undefined ? [`line ${line}: names no test`] : wrong;
}

describe(PAGE, () => {
  it('names a test for every line, and every test that it names is there', () => {
    const all = rows();
    expect(all.length).toBeGreaterThan(70);
    expect(all.flatMap(problems)).toEqual([]);
  });

  it('would be found out with a wrong name', () => {
    expect(problems({ line: 1, test: '`batches`: "hold no records"' })).toEqual(['line 1: test/lib/event-source/batches.test.ts has no test "hold no records"']);
    expect(problems({ line: 2, test: '`nothing`: "x"' })).toHaveLength(2);
    expect(problems({ line: 3, test: 'see above' })).toEqual(['line 3: names no test']);
  });
});
