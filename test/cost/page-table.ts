import * as fs from 'node:fs';
import * as path from 'node:path';

const page = fs.readFileSync(path.join(__dirname, '../../docs/cost.md'), 'utf8');

/** The cells of the table of docs/cost.md whose first heading is a text, row by row. */
export function tableOf(heading: string): string[][] {
  const [, rows] = new RegExp(`\\| ${heading} \\|[^\\n]*\\n\\|[-|: ]+\\|\\n((?:\\|[^\\n]*\\n)+)`).exec(page) ?? [];
  return (rows ?? '').trimEnd().split('\n').map((row) => row.slice(1, -1).split('|').map((cell) => cell.trim()));
}

/** The fenced Markdown below a heading of docs/cost.md. */
export function blockBelow(heading: string): string {
  return new RegExp(`\\n#+ ${heading}\\n[^]*?\`\`\`\`?markdown\\n([^]*?)\`\`\``).exec(page)?.[1] ?? '';
}
