import * as fs from 'node:fs';
import * as path from 'node:path';
import { chooseCommand } from '../../cli/choose';
import type { SeatChoice } from '../../lib/sizing/choice';
import { Rate, Workload } from '../../lib/workload';
import { commandInFolder } from '../support/command-in-folder';

/** Runs the command in this process, in a folder of its own. */
describe('cht choose', () => {
  const { folder, run } = commandInFolder(chooseCommand);

  function workloadFile(json: unknown): string {
    const file = path.join(folder, 'workload.json');
    fs.writeFileSync(file, JSON.stringify(json));
    return file;
  }

  it('reads a workload from a file', async () => {
    const text = await run('--workload', workloadFile({ peak: 5_000 }));
    expect(text).toMatch(/^Technology for 5,000 payments\/s at the peak, 2,000\/s on average/);
    for (const seat of ['Gateway', 'Message broker', 'Worker compute', 'Ledger store', 'Cache', 'Stream processor']) {
      expect(text).toContain(`\n${seat}: `);
    }
  });

  it('fills one seat alone', async () => {
    const { workload, seats } = JSON.parse(await run('--workload', workloadFile({ peak: 5_000 }), '--seat', 'streamprocessor', '--json')) as
      { workload: object; seats: SeatChoice[] };
    expect(Workload.fromJSON(workload).peak.perSecond).toBe(5_000);
    expect(seats.map((it) => it.seat)).toEqual(['streamProcessor']);
    expect(seats[0].pick!.name).toBe('Managed Service for Apache Flink');
  });

  it('writes Markdown', async () => {
    expect(await run('--workload', workloadFile({ peak: 5_000 }), '--seat', 'cache', '--markdown')).toMatch(/\n## Cache\n\n\*\*ElastiCache/);
  });

  it('takes the whole workload of an assembly, not the share of a cell', async () => {
    const assembly = path.join(folder, 'assembly');
    fs.mkdirSync(assembly);
    const whole = new Workload({ peak: Rate.perSecond(80_000), cells: 4 });
    const workloads = [{ path: 'App/Cell1/Stream', workload: whole.cellShare().toJSON() }, { path: 'App/Data/Ledger', workload: whole.toJSON() }];
    const template = { Resources: { Topic: { Type: 'AWS::SNS::Topic' } }, Metadata: { 'cdk-high-throughput': { decisions: [], workloads } } };
    fs.writeFileSync(path.join(assembly, 'Data.template.json'), JSON.stringify(template));
    fs.writeFileSync(path.join(assembly, 'manifest.json'), JSON.stringify({
      version: '48.0.0',
      artifacts: { Data: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Data.template.json' } } },
    }));
    expect(await run(assembly, '--seat', 'cache')).toMatch(/^Technology for 80,000 payments\/s at the peak, .*4 cells/);
  });

  it('follows facts of the user', async () => {
    const file = workloadFile({ peak: 10 });
    expect(await run('--workload', file, '--seat', 'gateway')).toContain('Gateway: ALB and a web ACL');
    fs.writeFileSync(path.join(folder, 'facts.local.json'), JSON.stringify({ 'alb/hour': 0.1 }));
    expect(await run('--workload', file, '--seat', 'gateway')).toContain('Gateway: API Gateway REST');
  });

  it('says what it cannot read', async () => {
    await expect(run('--workload', path.join(folder, 'none.json'))).rejects.toThrow(/--workload .*none\.json: ENOENT/);
    await expect(run('--workload', workloadFile({ peak: -1 }))).rejects.toThrow(/--workload .*: `peak` must be greater than 0/);
    await expect(run('--workload', workloadFile({ peak: 10 }), 'cdk.out')).rejects.toThrow('--workload takes the place of an assembly');
    await expect(run('--workload', workloadFile({ peak: 10 }), '--seat', 'queue')).rejects.toThrow('--seat must be one of gateway, broker');
    await expect(run('--json', '--markdown')).rejects.toThrow('--json and --markdown exclude each other.');
  });
});
