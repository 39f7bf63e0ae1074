import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { check } from '../../../lib/checks/check';
import { RULES } from '../../../lib/checks/rules';
import { Topology } from '../../../lib/topology';
import { temporaryFolder } from '../../local/run/cht';
import { checks, taggedTables } from './examples/own-rule';
import { Parts } from './planted/parts';

const examples = path.join(__dirname, 'examples');
const page = fs.readFileSync(path.join(__dirname, '../../../docs/checks.md'), 'utf8');

describe('the page of the checks', () => {
  it('shows the examples as they are compiled here', () => {
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
    const compiled = ['in-an-app', 'acknowledge', 'own-rule'].map((name) => fs.readFileSync(path.join(examples, `${name}.ts`), 'utf8')
      .replace("'../../../../index'", "'cdk-high-throughput'")
      .replace("'../../../../lib/checks'", "'cdk-high-throughput/checks'"));
    expect(shown).toEqual(compiled);
  });

  it('shows a rule of one\'s own that finds what it says', () => {
    expect(checks.ruleIds).toEqual([...RULES.map(({ id }) => id), 'ACME-TABLE-001']);
    const folder = temporaryFolder();
    const app = new App({ outdir: folder });
    const stack = new Stack(app, 'stack');
    new Parts(stack).table('Tagged', { tags: [{ key: 'owner', value: 'payments' }] });
    new Parts(new Stack(app, 'other')).table('Untagged');
    app.synth();
    const { violations } = check(Topology.read(folder), { rules: [taggedTables] });
    fs.rmSync(folder, { recursive: true });
    expect(violations.map(({ resource }) => resource.logicalId)).toEqual(['Untagged']);
  });
});
