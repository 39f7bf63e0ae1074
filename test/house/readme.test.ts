import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { OrdersStack } from '../docs-examples/readme';
import { temporaryFolder } from '../local/run/cht';
import { testApp } from '../support/app';
import { root } from './source-files';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');

describe('the README', () => {
  it('shows the example that is compiled here', () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(readme)![1];
    const compiled = fs.readFileSync(path.join(root, 'test', 'docs-examples', 'readme.ts'), 'utf8');
    expect(shown).toBe(compiled.replace("from '../../index'", "from 'cdk-high-throughput'"));
  });

  it('shows an example that synthesizes', () => {
    const folder = temporaryFolder();
    const before = process.cwd();
    fs.mkdirSync(path.join(folder, 'worker'));
    fs.writeFileSync(path.join(folder, 'worker', 'index.js'), 'exports.handler = async () => ({ batchItemFailures: [] });');
    process.chdir(folder);
    try {
      const template = Template.fromStack(new OrdersStack(testApp(), 'orders'));
      template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
      template.hasResourceProperties('AWS::Kinesis::Stream', { StreamModeDetails: { StreamMode: 'PROVISIONED' } });
    } finally {
      process.chdir(before);
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('links to pages that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, file]) => file);
    expect(links.filter((file) => !fs.existsSync(path.join(root, file)))).toEqual([]);
  });

  it('names scripts that are there', () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name).filter((name) => name !== 'ci');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the page on testing', () => {
  it('shows the test that runs here', () => {
    const page = fs.readFileSync(path.join(root, 'docs', 'testing.md'), 'utf8');
    const compiled = fs.readFileSync(path.join(root, 'test', 'docs-examples', 'snapshot.test.ts'), 'utf8');
    expect(/```ts\n([\s\S]*?)```/.exec(page)![1])
      .toBe(compiled.replace("'../../index'", "'cdk-high-throughput'").replace("'../../lib/testing'", "'cdk-high-throughput/testing'"));
  });
});
