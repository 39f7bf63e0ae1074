import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Decision, SIZING_METADATA_KEY } from '../../lib/sizing';
import type { GrowthForecast } from '../../lib/sizing/outgrown';
import { sizeReference } from '../../lib/sizing/reference-plan';
import { GrowthModel, Rate, Workload } from '../../lib/workload';
import { cht, temporaryFolder } from '../local/run/cht';

jest.setTimeout(60_000);

describe('cht growth', () => {
  const folder = temporaryFolder();
  const stated = path.join(folder, 'stated');
  const still = path.join(folder, 'still');
  const foreign = path.join(folder, 'foreign');

  beforeAll(() => {
    const growth = GrowthModel.compound({ perYear: 0.4, from: '2026-11-01' });
    assembly(stated, new Workload({ peak: Rate.perSecond(30_000), growth }));
    assembly(still, new Workload({ peak: Rate.perSecond(30_000) }));
    assembly(foreign);
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('prints sizes over time, what is outgrown, and quotas with the day to ask', async () => {
    const { exitCode, output } = await cht(['growth', stated, '--until', '2032-11-01']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^Growth: compound, 40 % a year from 2026-11-01; looked at until 2032-11-01\.\nFirst to give way: /);
    expect(output).toMatch(/app\/Cell1 and 1 alike\n +shards +17 +17 /);
    expect(output).toMatch(/\d{4}-\d\d-\d\d +1[.\d]* x +\d{4}-\d\d-\d\d +17 -> 18 shards +app\/Cell1 and 1 alike: shards/);
    expect(output).toMatch(/ask by +exceeded.*\n +2026-11-01 +2026-11-01 +1 x +[\d,]+ +[\d,]+ +fargate\/onDemandVcpu/);
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('prints JSON, for a growth that is stated on the command line', async () => {
    const { exitCode, output } = await cht(['growth', still, '--per-year', '1', '--from', '2026-11-01', '--until', '2028-11-01', '--json']);
    expect(exitCode).toBe(0);
    const forecast = JSON.parse(output) as GrowthForecast;
    expect(forecast).toMatchObject({ from: '2026-11-01', until: '2028-11-01', growth: 'compound, 100 % a year from 2026-11-01' });
    expect(forecast.days.at(-1)).toEqual({ day: '2028-11-01', factor: 4 });
    expect(forecast.outgrown.map(({ name }) => name)).toContain('shards');
  });

  it.each([
    [['growth', still], 2, 'The workload states no `growth`: state it there, or --per-year.'],
    [['growth', foreign], 1, 'carries no workload'],
    [['growth', stated, '--until', '2026-11-01'], 2, '--until must be after 2026-11-01'],
    [['growth', stated, '--until', 'soon'], 2, '--until must be a day like 2027-11-01, got: soon.'],
    [['growth', stated, '--per-year', '40'], 2, '--per-year must be between 0 and 10, got: 40.'],
  ])('%j: says what is wrong', async (words, exitCode, message) => {
    const said = await cht(words);
    expect(said.exitCode).toBe(exitCode);
    expect(said.output).toContain(message);
  });
});

/** An assembly of one stack whose template carries the sizes of a workload: two equal cells and a table. */
function assembly(outdir: string, workload?: Workload): void {
  const app = new App({ outdir });
  const stack = new Stack(app, 'app');
  new sqs.Queue(stack, 'Queue');
  if (workload !== undefined) {
    const { stream, ledger, tier } = sizeReference(workload);
    const parts = [['app/Cell1', stream], ['app/Cell2', stream], ['app/Table', ledger], ['app/Api', tier]] as const;
    stack.templateOptions.metadata = {
      [SIZING_METADATA_KEY]: JSON.parse(JSON.stringify({
        decisions: parts.flatMap(([at, part]) => part.decisions.map((it) => Decision.withPath(it, at))),
        workloads: parts.map(([at]) => ({ path: at, workload })),
      })) as unknown,
    };
  }
  app.synth();
}
