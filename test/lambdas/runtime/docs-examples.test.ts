import * as fs from 'node:fs';
import * as path from 'node:path';

/*
 * A pattern is a heading of the third level in docs/runtime.md with one block of code. The block stands, compiled, in
 * test/docs-examples/runtime/<heading in kebab-case>.ts, imports from the runtime, and ends with `export const answer = …; // <JSON>`.
 */
const examples = path.join(__dirname, '..', '..', 'docs-examples', 'runtime');
const page = fs.readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'runtime.md'), 'utf8');

interface Section {
  readonly file: string;
  readonly blocks: readonly string[];
}

const sections = page.split(/^(?=##+ )/m).filter((text) => text.startsWith('### ')).map((text): Section => ({
  file: `${/^### (.*)$/m.exec(text)![1].toLowerCase().replace(/[^a-z0-9]+/g, '-')}.ts`,
  blocks: [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code),
}));

describe('the page of the runtime', () => {
  it('has an example for each pattern, and a pattern for each example', () => {
    expect(sections.map(({ file }) => file).sort()).toEqual(fs.readdirSync(examples).sort());
  });

  it.each(sections)('shows $file as it is compiled here', ({ file, blocks }) => {
    const source = fs.readFileSync(path.join(examples, file), 'utf8');
    expect(blocks).toEqual([source.replaceAll("'../../../lambdas/runtime'", "'cdk-high-throughput/runtime'")]);
  });

  it.each(sections)('says what $file answers', async ({ file, blocks }) => {
    const { answer } = await import(path.join(examples, file)) as { answer: unknown };
    expect(JSON.stringify(await answer)).toBe(/\/\/ (.*)\n$/.exec(blocks[0])?.[1]);
  });
});
