import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { testApp } from '../support/app';

const pages = path.join(__dirname, '..', '..', 'docs', 'constructs');
const examples = path.join(__dirname, '..', 'docs-examples', 'constructs');
const names = fs.readdirSync(examples).map((file) => path.basename(file, '.ts')).sort();

/** The blocks of TypeScript in a page. */
function codeOf(page: string): string[] {
  return [...fs.readFileSync(path.join(pages, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
}

describe('the pages of the constructs', () => {
  it('have an example each', () => {
    expect(fs.readdirSync(pages).filter((file) => file !== 'README.md').map((file) => path.basename(file, '.md')).sort()).toEqual(names);
  });

  it.each(names)('show the example of %s as it is compiled here', (name) => {
    const source = fs.readFileSync(path.join(examples, `${name}.ts`), 'utf8')
      .replace("'../../../index'", "'cdk-high-throughput'").replace("'../../../constructs/kubernetes'", "'cdk-high-throughput/kubernetes'");
    expect(codeOf(`${name}.md`)).toEqual([source]);
  });

  it.each(names)('show an example of %s that synthesizes', async (name) => {
    const { ExampleStack } = (await import(path.join(examples, name))) as { ExampleStack: new (scope: Construct, id: string) => Stack };
    const template = Template.fromStack(new ExampleStack(testApp(), 'Example'));
    expect(Object.keys(template.toJSON().Resources).length).toBeGreaterThan(1);
  });
});
