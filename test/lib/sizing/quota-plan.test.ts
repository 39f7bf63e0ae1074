import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Facts } from '../../../lib/facts';
import { renderQuotaScript } from '../../../lib/report/quota-script';
import { renderQuotaMarkdown, renderQuotaTable } from '../../../lib/report/quota-table';
import { Decision, quotaUse } from '../../../lib/sizing';
import { exceededLimits, type QuotaRaise, quotaPlan, type QuotaPlan } from '../../../lib/sizing/quota-plan';
import { sizesAt } from './plans';

const CONCURRENCY = 'lambda/concurrency.accountDefault';
const TABLE_WRITES = 'dynamodb/table.maxWriteUnits.default';
const SHARDS = 'kinesis/shardQuota.account';
const PUTS = 's3/prefix.putPerSec';

function using(id: string, used: number, path = 'part', facts = Facts.DEFAULT): Decision {
  return Decision.derive({ path, name: 'amount', value: used, unit: 'pieces', formula: `${used}`, inputs: {}, binding: 'test', quota: quotaUse(facts, id, used) });
}

describe('raises', () => {
  it('add up what is shared, take the largest of what each resource has, and name who uses it, largest first', () => {
    const { raises } = quotaPlan([
      using(CONCURRENCY, 600, 'worker'), using(CONCURRENCY, 700, 'projector'), using(TABLE_WRITES, 41_000, 'ledger'), using(TABLE_WRITES, 50_000, 'balances'),
    ]);
    expect(raises.map(({ id, scope, used, now }) => ({ id, scope, used, now }))).toEqual([
      { id: CONCURRENCY, scope: 'account', used: 1400, now: 1000 },
      { id: TABLE_WRITES, scope: 'resource', used: 50_000, now: 40_000 },
    ]);
    expect(raises[0].drivers).toEqual([{ path: 'projector', name: 'amount', used: 700 }, { path: 'worker', name: 'amount', used: 600 }]);
    expect(raises[0]).toMatchObject({ serviceCode: 'lambda', quotaCode: 'L-B99A9384', region: 'us-east-1', unit: 'executions' });
  });

  it('ask for headroom at the target utilization, in a number that one would ask for', () => {
    const needed = (id: string, used: number): number => quotaPlan([using(id, used)]).raises[0].needed;
    expect(needed('fargate/onDemandVcpu.default', 7)).toBe(9);
    expect(needed('fargate/onDemandVcpu.default', 103)).toBe(130);
    expect(needed(TABLE_WRITES, 42_871)).toBe(54_000);
    expect(needed(SHARDS, 20_001)).toBe(26_000);
    for (let used = 7; used < 1e6; used = Math.ceil(used * 1.37)) {
      const asked = needed('fargate/onDemandVcpu.default', used);
      expect(asked * 0.8).toBeGreaterThanOrEqual(used - 1e-6);
      expect(asked * 0.8).toBeLessThan(1.1 * used + 0.8);
    }
  });

  it('count the concurrency that Lambda keeps for functions without a reservation', () => {
    expect(quotaPlan([using(CONCURRENCY, 900)]).raises).toEqual([]);
    expect(quotaPlan([using(CONCURRENCY, 901)]).raises).toMatchObject([{ used: 1001, needed: 1300 }]);
  });

  it('take longer when they are large', () => {
    const raise = (used: number): QuotaRaise => quotaPlan([using('fargate/onDemandVcpu.default', used)]).raises[0];
    expect(raise(20)).toMatchObject({ needed: 25, leadTimeDays: 3, leadTime: 'most raises: about 3 days' });
    expect(raise(100)).toMatchObject({ leadTimeDays: 14, leadTime: 'a large raise, which people review: about 14 days (an assumption)' });
  });

  it('count with the value of the region of the deployment, where the plan was made for another', () => {
    const plan = [using(SHARDS, 3000)];
    expect(quotaPlan(plan).raises).toEqual([]);
    expect(quotaPlan(plan, new Facts({ region: 'eu-north-1' })).raises).toMatchObject([{ now: 1000, used: 3000, region: 'eu-north-1' }]);
  });

  it('keep a value that was stated, in the plan or beside it', () => {
    const granted = Facts.DEFAULT.withOverrides({ [CONCURRENCY]: 5000 });
    const plan = [using(CONCURRENCY, 2000)];
    expect(quotaPlan(plan).raises).toHaveLength(1);
    expect(quotaPlan(plan, granted).raises).toEqual([]);
    expect(quotaPlan([using(CONCURRENCY, 2000, 'part', granted)]).raises).toEqual([]);
  });

  it('are monotone in the rate, and none for a small system but what new accounts lack', () => {
    const asked = (rate: number): Map<string, number> =>
      new Map(quotaPlan(sizesAt(rate, { cells: 1 }).decisions).raises.map((it) => [it.id, it.needed]));
    expect([...asked(10).keys()]).toEqual([]);
    const [low, high] = [asked(100_000), asked(1_000_000)];
    expect([...low.keys()]).toContain('fargate/onDemandVcpu.default');
    for (const [id, needed] of low) {
      expect(high.get(id)).toBeGreaterThanOrEqual(needed);
    }
  });
});

describe('near quotas', () => {
  it('are those above the target utilization that still hold, hard limits among them', () => {
    const { near, raises, exceeded } = quotaPlan([using(TABLE_WRITES, 32_001), using(PUTS, 3000, 'archive'), using(SHARDS, 16_000)]);
    expect(near.map((it) => [it.id, it.adjustable])).toEqual([[TABLE_WRITES, true], [PUTS, false]]);
    expect([raises, exceeded]).toEqual([[], []]);
  });
});

describe('hard limits', () => {
  it('are broken by what uses more of a quota that AWS does not raise', () => {
    const broken = using(PUTS, 4000, 'archive');
    expect(exceededLimits([using(PUTS, 3500), broken])).toEqual([{
      decision: broken,
      sentence: '`amount` of archive must use at most 3,500 of s3/prefix.putPerSec, which AWS does not raise, got: 4,000; '
        + 'state more `cells`, so that each resource carries less, or a lower `peak`',
    }]);
  });

  it('are never broken by an adjustable quota', () => {
    expect(exceededLimits([using(TABLE_WRITES, 1e9)])).toEqual([]);
  });

  it('add up where all resources share them', () => {
    const shared = (used: number, path: string): Decision =>
      ({ ...using(PUTS, used, path), quota: { ...quotaUse(Facts.DEFAULT, PUTS, used), shared: true } });
    const broken = exceededLimits([shared(2000, 'a'), shared(2000, 'b')]);
    expect(broken.map((it) => it.decision.path)).toEqual(['a', 'b']);
    expect(broken[0].sentence).toContain('got: 2,000 of 4,000 in the whole account; state a lower `peak`, or deploy some of the `cells` to another account');
  });

  it('say what to state instead of an override', () => {
    const stated = Decision.override(using(PUTS, 1000, 'archive'), 7000);
    expect(exceededLimits([stated])[0].sentence).toMatch(/got: 7,000; state at most 3,500, or nothing so that it is derived$/);
  });

  it('are the bounds of a value as well', () => {
    const bounded = (value: number): Decision => Decision.derive({
      path: 'stream', name: 'shards', value, formula: `${value}`, inputs: {}, binding: 'test', limits: { minimum: 2, maximum: 10_000, because: 'a stream has 2 to 10,000 shards' },
    });
    expect(exceededLimits([bounded(2), bounded(10_000)])).toEqual([]);
    expect(exceededLimits([bounded(10_001)])[0].sentence).toBe(
      '`shards` of stream must be at most 10,000 (a stream has 2 to 10,000 shards), got: 10,001; state more `cells`, or a lower `peak`');
    expect(exceededLimits([bounded(1)])[0].sentence).toContain('must be at least 2 (a stream has 2 to 10,000 shards), got: 1; state another value');
  });

  it.each([10, 1_000, 100_000, 1_000_000])('are kept by the reference at %d payments/s', (rate) => {
    expect(exceededLimits(sizesAt(rate, { cells: 4, paymentsPerRequest: 23 }).decisions).map((it) => it.sentence)).toEqual([]);
  });
});

describe('a quota plan for people', () => {
  const plan = quotaPlan([using(CONCURRENCY, 1400, 'worker'), using(CONCURRENCY, 100, 'projector'), using(TABLE_WRITES, 39_000, 'ledger'), using(PUTS, 4000, 'archive')]);

  it('lists what is exceeded, what to raise and what is near', () => {
    expect(renderQuotaTable(plan, { width: 200 })).toBe([
      'Quotas of us-east-1',
      '',
      'Hard limits that are exceeded, so that nothing can be deployed:',
      `  ${plan.exceeded[0].sentence}.`,
      '',
      'To be raised before a deployment:',
      '  quota                              code        scope      now   used  ask for  mostly for',
      '  lambda/concurrency.accountDefault  L-B99A9384  account  1,000  1,600    2,000  worker/amount 1,400 and 1 more',
      '  lambda/concurrency.accountDefault: most raises: about 3 days',
      '',
      'Kept, but near:',
      '  quota                                 code        scope     now    used   share  mostly for',
      '  dynamodb/table.maxWriteUnits.default  L-AB614373  each   40,000  39,000  97.5 %  ledger/amount 39,000',
      '',
    ].join('\n'));
  });

  it('keeps to its width', () => {
    expect(Math.max(...renderQuotaTable(plan, { width: 70 }).split('\n').map((line) => line.length))).toBeLessThanOrEqual(70);
  });

  it('is the same as Markdown', () => {
    const text = renderQuotaMarkdown(plan);
    expect(text).toContain('| lambda/concurrency.accountDefault | L-B99A9384 | account | 1,000 | 1,600 | 2,000 | worker/amount 1,400 and 1 more |');
    expect(text).toContain(`- ${plan.exceeded[0].sentence}`);
  });

  it('says so where nothing is to be raised', () => {
    expect(renderQuotaTable(quotaPlan([]))).toContain('No quota must be raised.');
    expect(renderQuotaMarkdown(quotaPlan([]))).toContain('No quota must be raised.');
    expect(renderQuotaScript([quotaPlan([])])).toBe('#!/bin/sh\n# Asks AWS for the quotas that a deployment needs, unless the account has them already.\nset -eu\n\necho "No quota must be raised."\n');
  });
});

describe('the script', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quota-script-'));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** Runs a script with an `aws` on the PATH that notes its calls and answers with the text of a `case` by subcommand and code. */
  function run(script: string, answers: string): { status: number | null; output: string; calls: string[] } {
    const log = path.join(folder, 'calls');
    fs.rmSync(log, { force: true });
    fs.writeFileSync(path.join(folder, 'aws'), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\ncase "$*" in\n${answers}\nesac\n`, { mode: 0o755 });
    fs.writeFileSync(path.join(folder, 'raise.sh'), script);
    const { status, stdout, stderr } = spawnSync('sh', [path.join(folder, 'raise.sh')], { env: { PATH: `${folder}:${process.env.PATH}` }, encoding: 'utf8' });
    return { status, output: stdout + stderr, calls: fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n') : [] };
  }

  const plan = quotaPlan([using(CONCURRENCY, 1400), using(TABLE_WRITES, 50_000)], new Facts({ region: 'eu-west-1' }));
  const script = renderQuotaScript([plan]);

  it('asks where the account has less, and only there', () => {
    const { status, output, calls } = run(script, '*get-service-quota*L-B99A9384*) echo 1000.0;;\n*get-service-quota*L-AB614373*) echo 80000.0;;\n*request*) echo PENDING;;');
    expect(status).toBe(0);
    expect(calls).toEqual([
      'service-quotas get-service-quota --service-code lambda --quota-code L-B99A9384 --region eu-west-1 --query Quota.Value --output text',
      'service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1900 --region eu-west-1 --output text --query RequestedQuota.Status',
      'service-quotas get-service-quota --service-code dynamodb --quota-code L-AB614373 --region eu-west-1 --query Quota.Value --output text',
    ]);
    expect(output).toContain('lambda L-B99A9384 in eu-west-1: asked for 1900 instead of 1000.0');
    expect(output).toContain('dynamodb L-AB614373 in eu-west-1: 80000.0 is enough');
  });

  it('takes the default where the account never had a value of its own', () => {
    const { status, calls } = run(script, '*get-service-quota*) exit 254;;\n*get-aws-default-service-quota*) echo 1000000;;');
    expect(status).toBe(0);
    expect(calls.filter((it) => it.includes('get-aws-default-service-quota'))).toHaveLength(2);
    expect(calls.filter((it) => it.includes('request-'))).toEqual([]);
  });

  it('goes on after a failed request and ends with 1', () => {
    const { status, output, calls } = run(script, '*get-service-quota*) echo 1;;\n*request*lambda*) exit 255;;\n*request*) echo PENDING;;');
    expect(status).toBe(1);
    expect(output).toContain('lambda L-B99A9384 in eu-west-1: the request for 1900 failed; one may be open already');
    expect(calls.filter((it) => it.includes('request-'))).toHaveLength(2);
  });

  it('asks for nothing where a value cannot be read', () => {
    const { status, output, calls } = run(script, '*) exit 1;;');
    expect(status).toBe(1);
    expect(output).toContain('lambda L-B99A9384 in eu-west-1: its value cannot be read');
    expect(calls.filter((it) => it.includes('request-'))).toEqual([]);
  });

  it('tells where to ask for a quota without a known code, and lists those of the service', () => {
    const unknown: QuotaPlan = { ...plan, raises: [{ ...plan.raises[0], id: "lambda/an owner's quota", quotaCode: undefined }] };
    const { status, output, calls } = run(renderQuotaScript([unknown]), "*list-service-quotas*) printf 'L-1\\tOwners\\t10.0\\n';;");
    expect(status).toBe(0);
    expect(output).toContain('By hand, in eu-west-1: lambda/an owner\'s quota: ask for 1900 executions; choose one of the quotas below, or open a support case');
    expect(output).toContain('L-1\tOwners\t10.0');
    expect(calls).toEqual(['service-quotas list-service-quotas --service-code lambda --region eu-west-1 --query Quotas[?Adjustable].[QuotaCode,QuotaName,Value] --output text']);
    const nowhere: QuotaPlan = { ...plan, raises: [{ ...plan.raises[0], serviceCode: undefined, quotaCode: undefined }] };
    expect(run(renderQuotaScript([nowhere]), '*) exit 9;;')).toMatchObject({ status: 0, calls: [], output: expect.stringContaining('open a support case') });
  });
});
