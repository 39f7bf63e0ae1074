import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { checkCommand } from '../../cli/check';
import { Parts } from '../lib/checks/planted/parts';
import { temporaryFolder } from '../local/run/cht';
import { type Written, writtenBy } from '../support/written';

describe('cht check', () => {
  const folder = temporaryFolder();
  let count = 0;
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const assembly = (make: (stack: Stack) => void): string => {
    const app = new App({ outdir: path.join(folder, String(count++)), context: { 'aws:cdk:enable-path-metadata': true } });
    make(new Stack(app, 'stack', { env: { region: 'eu-west-1' } }));
    app.synth();
    return app.outdir;
  };
  const run = (positionals: string[], values: Record<string, unknown> = {}): Promise<Written> => (
    writtenBy(() => checkCommand.run({ positionals, values }))
  );
  const broken = (stack: Stack) => new Parts(stack).streamWorker({ mapping: { functionResponseTypes: undefined } });
  const slack = (stack: Stack) => new Parts(stack).streamWorker({ mapping: { bisectBatchOnFunctionError: undefined } });

  it('fails for an error, and says what is where', async () => {
    const { code, output } = await run([assembly(broken)]);
    expect(code).toBe(1);
    expect(output).toContain('error    HT-WORKER-001  A mapping does not take reports of single failures.');
    expect(output).toContain('  stack/WorkerMapping Properties.FunctionResponseTypes');
    expect(output).toMatch(/\n1 error, 0 warnings, 0 acknowledged; \d+ rules run, \d+ of them could not judge sizes\n$/);
  });

  it('fails for a warning only where it is asked to', async () => {
    const target = assembly(slack);
    expect(await run([target])).toMatchObject({ code: 0, output: expect.stringContaining('HT-WORKER-003') });
    expect((await run([target], { 'warnings-as-errors': true })).code).toBe(1);
  });

  it('passes what is acknowledged, and tells the reason', async () => {
    const target = assembly((stack) => {
      Validations.of(broken(stack).mapping).acknowledge({ id: 'HighThroughput::HT-WORKER-001', reason: 'the handler fails as a whole' });
    });
    expect(await run([target])).toMatchObject({ code: 0, output: expect.stringContaining('because: the handler fails as a whole (at stack/WorkerMapping)') });
    const json = JSON.parse((await run([target], { json: true })).output) as { acknowledged: object[] };
    expect(json.acknowledged).toMatchObject([{ rule: 'HT-WORKER-001', reason: 'the handler fails as a whole' }]);
  });

  it('fails for an acknowledgement without a reason, even of a warning', async () => {
    const target = assembly((stack) => Validations.of(slack(stack).mapping).acknowledge({ id: 'HighThroughput::HT-WORKER-003', reason: '' }));
    expect(await run([target])).toMatchObject({ code: 1, output: expect.stringContaining('refused  HT-WORKER-003') });
  });

  it('judges sizes by the workload of a file', async () => {
    const target = assembly((stack) => new Parts(stack).streamWorker());
    const file = path.join(folder, 'workload.json');
    fs.writeFileSync(file, JSON.stringify({ peak: 20_000 }));
    const { code, output } = await run([target], { workload: file });
    expect(code).toBe(1);
    expect(output).toContain('4 shards; 20,000 payments/s, one a record, fill 20 by records');
    expect(output).not.toContain('could not judge');
  });

  it.each([
    ['no such file', undefined, /no-workload\.json: ENOENT/],
    ['no JSON', '{', /--workload .*JSON/],
    ['no workload', '{"peak": 5, "peek": 5}', /--workload .*peek/],
  ])('refuses a workload that is %s', async (_, text, message) => {
    const file = path.join(folder, text === undefined ? 'no-workload.json' : `workload-${count++}.json`);
    if (text !== undefined) {
      fs.writeFileSync(file, text);
    }
    await expect(run([folder], { workload: file })).rejects.toThrow(message);
  });

  it('lists the rules', async () => {
    expect(await run([], { rules: true })).toMatchObject({ code: 0, output: expect.stringMatching(/^rule +severity +what it finds\nHT-STREAM-001 +error/) });
    expect((await run([], { rules: true, markdown: true })).output).toMatch(/^# Rules\n/);
    expect(JSON.parse((await run([], { rules: true, json: true })).output)).toMatchObject({ rules: expect.arrayContaining([expect.objectContaining({ id: 'HT-WORKER-001' })]) });
  });

  it('takes one form of output', async () => {
    await expect(run([folder], { json: true, markdown: true })).rejects.toThrow('--json and --markdown exclude each other.');
  });
});
