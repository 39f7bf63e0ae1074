import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { type Bill, billOf } from '../../lib/cost';
import { Topology } from '../../lib/topology';
import { Workload } from '../../lib/workload';
import { fanOut, webService } from '../lib/checks/apps/common-patterns';
import { plainPipeline } from '../lib/checks/apps/plain-pipeline';
import { testApp } from '../support/app';

const workload = Workload.fromJSON({ peak: 1000, average: 500 });
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** The bill of an app that nothing of this kit is in. */
function priced(make: (stack: Stack) => void): Bill {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-foreign-'));
  folders.push(folder);
  const app = testApp({ outdir: folder });
  make(new Stack(app, 'app', { env: { region: 'us-east-1' } }));
  app.synth();
  return billOf(Topology.read(folder, { unresolved: 'stand-in' }), workload);
}

describe('a template that nothing of this kit is in', () => {
  it.each([['a pipeline with the defaults of the CDK', plainPipeline], ['a web service', webService], ['a fan-out', fanOut]])('%s is priced, and says what is assumed', (_, make) => {
    const bill = priced(make);
    expect(bill.unpriced).toEqual([]);
    expect(bill.perMonth.typical).toBeGreaterThan(0);
    expect(bill.lines.some((it) => it.kind !== 'declared')).toBe(true);
    for (const { kind, why } of bill.lines) {
      expect(why).not.toMatch(kind === 'assumed' ? /^it stands in the template$/ : /\(target\/cost\./);
    }
  });

  it('takes the payments from the load balancer to its tasks', () => {
    const bill = priced(webService);
    expect(bill.lines.find((it) => it.what === 'vCPU On-Demand')!.quantity.typical).toBe(3 * 0.25 * 730);
    expect(bill.lines.find((it) => it.what === 'capacity units')!.kind).toBe('derived');
  });
});
