import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { check, type CheckReport } from '../../../../lib/checks/check';
import { Topology } from '../../../../lib/topology';
import { Rate, RecoveryTier, Workload } from '../../../../lib/workload';
import { testApp } from '../../../support/app';
import { fanOut, webService } from './common-patterns';
import { plainPipeline } from './plain-pipeline';
import { wellMade } from './well-made';

const folders: string[] = [];

/** What the rules find in a stack. */
function checked(make: (stack: Stack) => void, workload?: Workload): CheckReport {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'checked-app-'));
  folders.push(folder);
  const app = testApp({ outdir: folder });
  make(new Stack(app, 'app', { env: { region: 'eu-west-1' } }));
  app.synth();
  return check(Topology.read(folder), { workload });
}

function ids({ violations }: CheckReport): string[] {
  return [...new Set(violations.map(({ rule }) => rule.id))];
}

function sentences({ violations, failures }: CheckReport): string[] {
  return [...violations.map((it) => `${it.rule.id} ${it.resource.logicalId}: ${it.message}`), ...failures.map((it) => `${it.rule.id} failed: ${it.error.message}`)];
}

afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

describe('a stream, a function and a table with the defaults of the CDK', () => {
  it('are told what 5,000 payments a second do to them', () => {
    const report = checked(plainPipeline, new Workload({ peak: Rate.perSecond(5000) }));
    expect(report.failures).toEqual([]);
    expect(ids(report)).toEqual([
      'HT-STREAM-001', // one shard against the stated workload
      'HT-STREAM-004', // polls too seldom for the latency target
      'HT-STREAM-005', // keeps records for a day
      'HT-WORKER-001', // no partial batch response
      'HT-WORKER-002', // no failure destination
      'HT-WORKER-003', // a failing batch is never split
      'HT-WORKER-004', // a failing record is repeated until the stream forgets it
      'HT-WORKER-017', // three seconds for a batch
      'HT-WORKER-018', // a fourteenth of a processor
      'HT-TABLE-001', // no point-in-time recovery
      'HT-TABLE-002', // five write units, always
      'HT-TABLE-003', // five write units against the stated workload
      'HT-ALARM-004', // no iterator-age alarm
      'HT-ALARM-006', // no error alarm
      'HT-SECURITY-006', // keys of AWS
      'HT-RESILIENCE-011', // a table that one call deletes
    ]);
    expect(sentences(report)).toContainEqual(expect.stringMatching(/^HT-STREAM-001 Events.*: 1 shard; 5,000 payments\/s/));
    expect(sentences(report)).toContainEqual(expect.stringMatching(/^HT-TABLE-003 Payments.*: it takes 5 write units\/s; the stated peak writes 5,0/));
  });

  it('are told what is wrong at any rate, where no workload is stated', () => {
    const report = checked(plainPipeline);
    expect(ids(report)).toEqual([
      'HT-STREAM-002', 'HT-STREAM-005', 'HT-WORKER-001', 'HT-WORKER-002', 'HT-WORKER-003', 'HT-WORKER-004', 'HT-WORKER-017', 'HT-WORKER-018',
      'HT-TABLE-001', 'HT-TABLE-002', 'HT-ALARM-004', 'HT-ALARM-006',
    ]);
    expect(report.unjudged.map(({ rule }) => rule.id)).toEqual(['HT-STREAM-001', 'HT-STREAM-004', 'HT-TABLE-003', 'HT-SECURITY-006', 'HT-RESILIENCE-011']);
  });

  it('may be deleted, and be under a key of AWS, where nothing critical is in them', () => {
    const workload = new Workload({ peak: Rate.perSecond(100), recoveryTier: RecoveryTier.ANALYTICS });
    const found = ids(checked(plainPipeline, workload));
    expect(found).not.toContain('HT-SECURITY-006');
    expect(found).not.toContain('HT-RESILIENCE-011');
    expect(found).not.toContain('HT-STREAM-001');
  });
});

describe('an app that is well made, without any construct of ours', () => {
  const workload = new Workload({ peak: Rate.perSecond(5000), paymentsPerRequest: 25 });

  it('has nothing to be told, and acknowledges nothing', () => {
    const report = checked(wellMade, workload);
    expect(sentences(report)).toEqual([]);
    expect(report.acknowledged).toEqual([]);
    expect(report.rulesRun.length).toBeGreaterThan(50);
  });

  it('has nothing to be told where no workload is stated either', () => {
    expect(sentences(checked(wellMade))).toEqual([]);
  });

  it('is told when the workload outgrows it', () => {
    const report = checked(wellMade, workload.with({ peak: Rate.perSecond(20_000) }));
    expect(ids(report)).toEqual(expect.arrayContaining(['HT-STREAM-001', 'HT-TABLE-004']));
  });
});

describe('patterns that many apps are made of', () => {
  it('have a web service told of HTTP, of logs without end and of a count that deployments reset', () => {
    expect(ids(checked(webService))).toEqual(['HT-SECURITY-004', 'HT-EDGE-006', 'HT-CAPACITY-005']);
  });

  it('have a fan-out told only where messages get lost', () => {
    expect(ids(checked(fanOut))).toEqual(['HT-RESILIENCE-009', 'HT-RESILIENCE-010']);
  });
});
