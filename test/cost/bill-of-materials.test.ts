import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Bill, billOf } from '../../lib/cost';
import { BILLED_GB } from '../../lib/sizing/monthly-cost';
import { Workload } from '../../lib/workload';
import { assemblyOf } from '../lib/cost/assembly-of';
import { type Assumptions, billOfMaterials } from './bill-of-materials-template';

interface Given {
  readonly assumptions: Assumptions;
  readonly lines: { readonly [name: string]: { readonly usdPerMonth: number } };
}

const given = JSON.parse(fs.readFileSync(path.join(__dirname, 'bill-of-materials-100k.json'), 'utf8')) as Given;

/** Which of our lines make up a line of the given bill: type, and names of charges. */
const LINES: { readonly [name: string]: readonly [type: string, ...what: string[]] } = {
  'alb.lcu': ['LoadBalancer', 'capacity units'],
  'alb.hours': ['LoadBalancer', 'hours'],
  'waf.requests': ['WebACL', 'requests'],
  'waf.acl+rules': ['WebACL', 'web ACL', 'rules'],
  'kinesis.shardHours': ['Stream', 'shards'],
  'kinesis.putUnits': ['Stream', 'PUT units'],
  'kinesis.efo.shardHours': ['StreamConsumer', 'consumer shards'],
  'kinesis.efo.gb': ['StreamConsumer', 'data pushed'],
  'lambda.requests': ['Function', 'invocations'],
  'lambda.duration': ['Function', 'duration'],
  'dynamodb.writes.onDemand.1wru': ['Table', 'write requests'],
  'dynamodb.storage.7dTTL': ['Table', 'storage'],
  'dynamodb.pitr.7d': ['Table', 'point-in-time recovery'],
  'cloudwatch.metrics': ['Dashboard', 'custom metrics'],
  'cloudwatch.alarms+dash': ['*', 'metrics of an alarm', 'dashboard'],
  'cloudwatch.logs.sampled1pct': ['LogGroup', 'logs in'],
  'cloudwatch.kinesisShardMetrics': ['Stream', 'metrics of shards'],
};

/** Lines that the given bill counts in GB of 10^9 bytes. AWS bills GB of 2^30, which are 7.4 % fewer, and so does this kit. */
const DECIMAL_GB = ['alb.lcu', 'kinesis.efo.gb', 'dynamodb.storage.7dTTL', 'dynamodb.pitr.7d', 'cloudwatch.logs.sampled1pct'];

function usdOf(bill: Bill, name: string): number {
  const [type, ...whats] = LINES[name];
  return bill.lines.filter((line) => (type === '*' || line.type.endsWith(`::${type}`)) && whats.includes(line.what))
    .reduce((sum, line) => sum + line.usd.typical, 0);
}

function inBilledGb(name: string): number {
  const { usdPerMonth } = given.lines[name];
  return DECIMAL_GB.includes(name) ? usdPerMonth * 1e9 / BILLED_GB : usdPerMonth;
}

const { tps } = given.assumptions;
const workload = Workload.fromJSON({ peak: tps, average: tps, payload: { meanBytes: 512, p99Bytes: 1024 }, publicEdgeShare: 1, readsPerPayment: 0 });
const declared = billOf(assemblyOf(billOfMaterials(given.assumptions, true)), workload);
const derived = billOf(assemblyOf(billOfMaterials(given.assumptions, false)), workload);

describe('the given bill of materials for 100,000 payments/s', () => {
  it('has every line here', () => {
    expect(Object.keys(given.lines).sort()).toEqual(Object.keys(LINES).sort());
  });

  it.each(Object.keys(LINES))('has %s within 2 % from a plain template that declares its usage', (name) => {
    const relative = usdOf(declared, name) / inBilledGb(name);
    expect(relative).toBeGreaterThan(0.98);
    expect(relative).toBeLessThan(1.02);
  });

  it('takes its quantities from what is declared, not from the workload', () => {
    const other = billOf(assemblyOf(billOfMaterials(given.assumptions, true)), workload.with({ readsPerPayment: 2, payload: undefined }));
    expect(Object.keys(LINES).map((name) => usdOf(other, name))).toEqual(Object.keys(LINES).map((name) => usdOf(declared, name)));
    expect(declared.lines.find((it) => it.what === 'PUT units')).toMatchObject({ kind: 'declared', why: expect.stringContaining('recordsPerSecond as the template states') });
  });

  it('has the same lines when nothing is declared and all is derived from the workload', () => {
    const rows = Object.keys(LINES).filter((name) => name !== 'cloudwatch.metrics')
      .map((name) => [name, Math.round(given.lines[name].usdPerMonth), Math.round(usdOf(declared, name)), Math.round(usdOf(derived, name))]);
    expect([['line', 'given', 'declared', 'derived'], ...rows].map((row) => row.join(' | ')).join('\n')).toMatchInlineSnapshot(`
"line | given | declared | derived
alb.lcu | 3074 | 2863 | 11680
alb.hours | 66 | 66 | 66
waf.requests | 157680 | 157680 | 157680
waf.acl+rules | 44 | 44 | 44
kinesis.shardHours | 1566 | 1566 | 1566
kinesis.putUnits | 3679 | 3679 | 3679
kinesis.efo.shardHours | 1566 | 1566 | 1566
kinesis.efo.gb | 1749 | 1629 | 1629
lambda.requests | 526 | 526 | 4614
lambda.duration | 701 | 701 | 1740
dynamodb.writes.onDemand.1wru | 164250 | 164250 | 165893
dynamodb.storage.7dTTL | 12096 | 11265 | 8618
dynamodb.pitr.7d | 9677 | 9012 | 6894
cloudwatch.alarms+dash | 15 | 15 | 15
cloudwatch.logs.sampled1pct | 263 | 245 | 9006
cloudwatch.kinesisShardMetrics | 300 | 300 | 300"
`);
  });
});
