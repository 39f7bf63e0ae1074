import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { type Command, UsageError } from '../../cli/command';
import { explainCommand } from '../../cli/explain';
import { quotasCommand } from '../../cli/quotas';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { environments } from '../../apps/payment-reference/workload';
import { AssemblyError } from '../../lib/topology';
import { temporaryFolder } from '../local/run/cht';
import { testApp } from '../support/app';

jest.setTimeout(60_000);

const COMMANDS: { readonly [name: string]: Command } = { explain: explainCommand, quotas: quotasCommand };

/** Runs a command in this process: its options with values are those of `--workload FILE` alone. */
async function cht([name, ...words]: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const at = words.indexOf('--workload');
  const values = {
    ...Object.fromEntries(words.filter((it) => it.startsWith('--') && it !== '--workload').map((it) => [it.slice(2), true])),
    ...(at >= 0 && { workload: words[at + 1] }),
  };
  const positionals = words.filter((it, index) => !it.startsWith('--') && (at < 0 || index !== at + 1));
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    const exitCode = await COMMANDS[name].run({ values, positionals });
    return { exitCode, output: written.join('') };
  } finally {
    write.mockRestore();
  }
}

describe('questions to a plan', () => {
  const folder = temporaryFolder();
  const reference = path.join(folder, 'reference');
  const foreign = path.join(folder, 'foreign');
  const workload = path.join(folder, 'workload.json');
  const broken = path.join(folder, 'broken.json');

  beforeAll(() => {
    const app = testApp({ outdir: reference });
    new PaymentReferenceStage(app, 'payments', { environmentName: 'prod', workload: environments.prod, env: { region: 'eu-west-1' } });
    app.synth();
    const other = new App({ outdir: foreign });
    new sqs.Queue(new Stack(other, 'Other'), 'Queue');
    other.synth();
    fs.writeFileSync(workload, JSON.stringify({ peak: 50, recoveryRegion: 'eu-central-1', recoveryTier: 'analytics' }));
    fs.writeFileSync(broken, '{"peak": -1}');
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('quotas: as a table, as JSON, as Markdown and as a script, for the region of the stacks', async () => {
    const table = await cht(['quotas', reference]);
    expect(table).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Quotas of eu-west-1\n[^]*fargate\/onDemandVcpu\.default +L-3032A538 +account +6 /) });
    const [plan] = JSON.parse((await cht(['quotas', reference, '--json'])).output) as { region: string; raises: { id: string; used: number; needed: number }[] }[];
    const vcpu = plan.raises.find((it) => it.id === 'fargate/onDemandVcpu.default');
    expect([plan.region, vcpu?.needed]).toEqual(['eu-west-1', expect.any(Number)]);
    expect(vcpu!.needed).toBeGreaterThanOrEqual(vcpu!.used / 0.8);
    expect((await cht(['quotas', reference, '--markdown'])).output).toContain('| fargate/onDemandVcpu.default | L-3032A538 | account | 6 |');
    expect((await cht(['quotas', reference, '--script'])).output).toContain(`raise 'fargate' 'L-3032A538' '${vcpu!.needed}' 'eu-west-1'`);
  });

  it('latency: of the sizes and the workload that the templates carry', async () => {
    const { exitCode, output } = await cht(['explain', 'latency', reference]);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/Accept: [^]*Predicted p99: [^]*Settle: /);
    const budget = JSON.parse((await cht(['explain', 'latency', reference, '--json'])).output) as { sizes: object; accept: { verdict: string } };
    expect(budget).toMatchObject({ sizes: { shards: 19, enhancedFanOut: true }, accept: { verdict: 'metOnAssumptions' } });
    expect((await cht(['explain', 'latency', reference, '--markdown'])).output).toContain('### Settle: ');
  });

  it('recovery: of the whole workload, which the shared tables carry', async () => {
    expect((await cht(['explain', 'recovery', reference])).output).toMatch(/^Recovery tier critical: [^]*ledger \(16\.9 TiB\)/);
    expect(JSON.parse((await cht(['explain', 'recovery', reference, '--json'])).output)).toMatchObject({ tier: 'critical', recoveryTimeSeconds: 300 });
    expect((await cht(['explain', 'recovery', reference, '--markdown'])).output).toContain('| data | disaster |');
  });

  it('latency and recovery of a workload in a file, without an assembly', async () => {
    expect((await cht(['explain', 'latency', '--workload', workload])).output).toMatch(/^Accept: /);
    expect((await cht(['explain', 'recovery', '--workload', workload])).output).toMatch(/^Recovery tier analytics: [^]*Recovery region: eu-central-1/);
  });

  it('a construct of which there is one in each cell: one answer for all of them', async () => {
    const { output } = await cht(['explain', 'PaymentWorker', reference]);
    expect(output).toMatch(/cell1-worker\/PaymentWorker \(and 3 like it\):\n {2}memory is 512 MiB: /);
    expect(output).not.toContain('cell2-worker');
    const shards = (await cht(['explain', 'Payments/shards', reference])).output;
    expect(shards.match(/Calculation: /g)).toHaveLength(1);
    expect(shards).toMatch(/The same in: .*cell2-stream\/Payments,[^]*cell4-stream\/Payments\./);
    expect((await cht(['explain', 'Payments/shards', reference, '--markdown'])).output).toMatch(/^### .*shards is 19 shards\.\n\n- Calculation: /);
    expect(JSON.parse((await cht(['explain', 'Payments/shards', reference, '--json'])).output)).toMatchObject({ decisions: [{ value: 19 }, {}, {}, {}] });
  });

  it.each([
    [['quotas', '--json', '--script'], UsageError, '--json and --script exclude each other.'],
    [['explain'], UsageError, 'Say what to explain'],
    [['explain', 'shards', '--json', '--markdown'], UsageError, '--json and --markdown exclude each other.'],
    [['explain', 'shards', '--workload', workload], UsageError, '--workload goes with latency and recovery.'],
    [['explain', 'nothing-of-the-kind', reference], AssemblyError, 'No decision is called nothing-of-the-kind.'],
    [['quotas', foreign], AssemblyError, 'carries no sizing decisions'],
    [['explain', 'latency', foreign], AssemblyError, 'carries no sizing decisions'],
    [['explain', 'latency', '--workload', broken], AssemblyError, `${broken}: \`peak\` must be greater than 0 payments/s, got: -1`],
    [['explain', 'recovery', '--workload', path.join(folder, 'nowhere.json')], AssemblyError, 'no such file'],
  ])('say what is wrong with %j', async (words, kind, message) => {
    const refusal = await cht(words).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(kind);
    expect(refusal).toMatchObject({ message: expect.stringContaining(message) });
  });
});
