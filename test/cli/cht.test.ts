import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Decision } from '../../lib/sizing';
import { environments } from '../../apps/payment-reference/workload';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { cht, temporaryFolder } from '../local/run/cht';
import { testApp } from '../support/app';

jest.setTimeout(60_000);

describe('cht', () => {
  const folder = temporaryFolder();
  const reference = path.join(folder, 'reference');
  const foreign = path.join(folder, 'foreign');

  beforeAll(() => {
    const app = testApp({ outdir: reference });
    new PaymentReferenceStage(app, 'payments', { environmentName: 'local', workload: environments.local, env: { region: 'eu-west-1' } });
    app.synth();
    const other = new App({ outdir: foreign });
    new sqs.Queue(new Stack(other, 'Other'), 'Queue');
    other.synth();
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('tells its commands, and the options of each', async () => {
    const overview = await cht(['--help']);
    expect(overview.exitCode).toBe(0);
    for (const command of ['run', 'size', 'explain']) {
      expect(overview.output).toContain(`cht ${command}`);
      expect(await cht([command, '--help'])).toMatchObject({ exitCode: 0, output: expect.stringContaining(`cht ${command}`) });
    }
    expect((await cht(['fly'])).exitCode).toBe(2);
  });

  it('says the same through the program that a checkout has', async () => {
    expect(await cht(['--help'], { throughBin: true })).toEqual(await cht(['--help']));
    expect(await cht(['size', '/nowhere'], { throughBin: true })).toEqual(await cht(['size', '/nowhere']));
  });

  it('lists every size of an assembly as a table, as JSON and as Markdown', async () => {
    const table = await cht(['size', reference]);
    expect(table).toMatchObject({ exitCode: 0, output: expect.stringMatching(/shards +4 shards/) });
    const { decisions } = JSON.parse((await cht(['size', reference, '--json'])).output) as { decisions: Decision[] };
    expect(decisions.length).toBeGreaterThanOrEqual(40);
    for (const decision of decisions) {
      expect(Object.keys(decision)).toEqual(expect.arrayContaining(['path', 'name', 'value', 'unit', 'formula', 'inputs', 'binding', 'rejected', 'facts']));
    }
    expect((await cht(['size', reference, '--markdown'])).output).toMatch(/\| decision \| value \|/);
  });

  it('explains a size by its name', async () => {
    const { exitCode, output } = await cht(['explain', 'shards', reference]);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/shards is 4 shards\.\nCalculation: .*\n/);
    expect(output).toContain('Rests on:');
  });

  it.each([
    [['size', '/nowhere'], 1, '/nowhere is not a cloud assembly: it has no manifest.json.'],
    [['size', foreign], 1, 'carries no sizing decisions: none of its stacks uses the constructs of cdk-high-throughput.'],
    [['size', reference, '--json', '--markdown'], 2, '--json and --markdown exclude each other.'],
    [['size', reference, '--environment', 'local'], 1, 'is synthesized already'],
    [['explain', 'nothing-of-the-kind', reference], 1, 'No decision is called nothing-of-the-kind.'],
    [['explain'], 2, 'Say what to explain'],
    [['run', foreign], 1, 'has neither a Fargate service nor pods behind a route that could take payments.'],
  ])('says what is wrong with %j', async (words, exitCode, message) => {
    const result = await cht(words);
    expect(result.exitCode).toBe(exitCode);
    expect(result.output).toContain(message);
    expect(result.output).not.toMatch(/\n\s+at /);
  });
});
