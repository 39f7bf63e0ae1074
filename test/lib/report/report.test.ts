import { Facts } from '../../../lib/facts';
import { explainDecision, renderPlanJson, renderPlanMarkdown, renderPlanTable } from '../../../lib/report';
import { Decision, quotaUse, SizingPlan } from '../../../lib/sizing';

const shards = Decision.derive({
  path: 'Reference/cell1-stream/Stream',
  name: 'shards',
  value: 19,
  unit: 'shards',
  formula: 'ceil(max(12.9 MiB/s / 1 MiB/s, 712 records/s / 1,000) / 0.7) = 19',
  inputs: { bytesPerSecond: 13_500_000 },
  binding: 'bytes written to a shard | at 70 % of its limit',
  rejected: [{ option: 'on-demand capacity', because: 'a new stream takes 4 MiB/s, the peak is 12.9 MiB/s' }],
  demand: 12.9,
  quota: quotaUse(Facts.DEFAULT, 'kinesis/shardQuota.account', 19),
  facts: ['kinesis/shard.writeBytesPerSec', 'lambda-esm/kinesis.efo.p99', 'dynamodb/batchStatement25.p99.default'],
});
const fanOut = Decision.derive({
  path: 'Reference/cell1-stream/Stream', name: 'enhancedFanOut', value: true, formula: 'true', inputs: {}, binding: 'polling is too slow',
});
const factor = Decision.derive({
  path: 'Reference/cell1-worker/Worker', name: 'parallelizationFactor', value: 1, unit: 'batches', formula: '1', inputs: {}, binding: 'aggregation',
});
const base = Decision.derive({
  path: 'Reference/cell1-api/Tier', name: 'onDemandBase', value: 10, unit: 'tasks', formula: '10', inputs: {}, binding: 'the average rate',
  quota: quotaUse(Facts.DEFAULT, 'fargate/onDemandVcpu.default', 10),
});
const plan = new SizingPlan([Decision.override(shards, 10), fanOut, factor, base]);

describe('a plan as a table', () => {
  it('groups by path, marks what was stated and what must be raised', () => {
    expect(renderPlanTable(plan, { width: 100 })).toBe([
      'decision                     value  headroom    quota  held by',
      '---------------------------------------------------------------------------------------',
      'Reference/cell1-stream/Stream',
      '  shards*                10 shards     -29 %   0.05 %  stated; the peak needs 29 % more',
      '  enhancedFanOut               yes                     polling is too slow',
      '',
      'Reference/cell1-worker/Worker',
      '  parallelizationFactor    1 batch                     aggregation',
      '',
      'Reference/cell1-api/Tier',
      '  onDemandBase            10 tasks            167 % !  the average rate',
      '',
      '4 decisions, 1 of them stated by hand (*)',
      'Quotas to raise before a deployment (!):',
      '  fargate/onDemandVcpu.default (L-3032A538): 6 by default, 10 needed',
      '',
    ].join('\n'));
  });

  it.each([60, 80, 132])('keeps to %d characters', (width) => {
    const lines = renderPlanTable(plan, { width }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('is empty but for its head where nothing was decided', () => {
    expect(renderPlanTable(new SizingPlan([]))).toMatch(/^decision .*held by\n-+\n\n0 decisions\n$/);
  });
});

describe('a plan as Markdown', () => {
  it('has a table for each path, and one of raises', () => {
    const text = renderPlanMarkdown(plan);
    expect(text.match(/^### .*$/gm)).toEqual([
      '### Reference/cell1-stream/Stream', '### Reference/cell1-worker/Worker', '### Reference/cell1-api/Tier', '### Quotas to raise before a deployment',
    ]);
    expect(text).toContain('| fargate/onDemandVcpu.default | L-3032A538 | 6 | 10 |');
    expect(text).toContain('| shards (stated) | 10 shards | -29 % | 0.05 % | 10 as stated; derived: ceil(max(');
  });

  it('keeps its cells apart', () => {
    expect(renderPlanMarkdown(new SizingPlan([shards]))).toContain('bytes written to a shard \\| at 70 % of its limit |');
  });
});

describe('a plan as JSON', () => {
  it('is what the plan publishes', () => {
    const { decisions } = JSON.parse(renderPlanJson(plan)) as { decisions: Record<string, unknown>[] };
    expect(decisions).toEqual(plan.toJSON().decisions.map((it) => ({ ...it, headroom: it.headroom ?? null, quota: it.quota ?? null })));
    expect(Object.keys(decisions[0]).slice(0, 11))
      .toEqual(['path', 'name', 'value', 'unit', 'formula', 'inputs', 'binding', 'rejected', 'headroom', 'quota', 'facts']);
  });
});

describe('an explanation', () => {
  it('tells all that led to a value', () => {
    expect(explainDecision(shards, { width: 200 })).toBe([
      'Reference/cell1-stream/Stream: shards is 19 shards.',
      'Calculation: ceil(max(12.9 MiB/s / 1 MiB/s, 712 records/s / 1,000) / 0.7) = 19',
      'Held there by: bytes written to a shard | at 70 % of its limit.',
      'At the stated peak 32.1 % of it stays unused.',
      'Uses 19 of 20,000 (adjustable quota L-0918CF54 kinesis/shardQuota.account).',
      'Not on-demand capacity: a new stream takes 4 MiB/s, the peak is 12.9 MiB/s.',
      'Rests on:',
      '  kinesis/shard.writeBytesPerSec = 1,048,576 B/s (high, 2026)',
      '  lambda-esm/kinesis.efo.p99 = 109 ms (high, 2022-09-05; of eu-west-1, none known for us-east-1)',
      '  dynamodb/batchStatement25.p99.default = 30 ms (assumption, knowledge)',
      '',
    ].join('\n'));
  });

  it('tells of an override what was derived and what the peak needs', () => {
    const text = explainDecision(Decision.override(shards, 10));
    expect(text).toContain('shards is 10 shards, as stated; derived was 19.');
    expect(text).toContain('At the stated peak 29 % more than this is needed.');
  });

  it('tells a raise from a limit that cannot be raised', () => {
    expect(explainDecision(base, { width: 200 })).toContain('Uses 10 of 6 (adjustable quota L-3032A538 fargate/onDemandVcpu.default); ask for a raise before a deployment.');
    const hard = { ...base, quota: { ...base.quota!, adjustable: false } };
    expect(explainDecision(hard, { width: 200 })).toContain('(hard limit fargate/onDemandVcpu.default); this cannot be deployed.');
  });

  it('reads the facts that the plan was made with', () => {
    const facts = new Facts({ overrides: { 'kinesis/shard.writeBytesPerSec': 500_000 } });
    expect(explainDecision(shards, { facts })).toContain('kinesis/shard.writeBytesPerSec = 500,000 B/s (stated)');
  });

  it('keeps to its width', () => {
    expect(Math.max(...explainDecision(shards, { width: 60 }).split('\n').map((line) => line.length))).toBeLessThanOrEqual(75);
  });
});
