import * as fs from 'node:fs';
import * as path from 'node:path';
import { Duration, Size } from 'aws-cdk-lib';
import { environments } from '../../../apps/payment-reference/workload';
import { Facts } from '../../../lib/facts';
import { renderChoiceMarkdown } from '../../../lib/report/choice-markdown';
import { renderChoiceTable } from '../../../lib/report/choice-table';
import { type Candidate, chooseTechnologies, pickTechnologies, type Seat, type SeatPick, SEATS, whyNot } from '../../../lib/sizing/choice';
import { lateExcuse, listed, modelled } from '../../../lib/sizing/choice/candidate';
import { pick } from '../../../lib/sizing/choice/pick';
import { sizeEdgeCells } from '../../../lib/sizing/edge-cells';
import { LatencyTarget, Rate, Workload, type WorkloadProps } from '../../../lib/workload';

const RATES = [10, 1_000, 100_000, 1_000_000];

function workloadAt(rate: number, props: Partial<WorkloadProps> = {}): Workload {
  const workload = new Workload({ peak: Rate.perSecond(rate), ...props });
  return workload.with({ cells: sizeEdgeCells(workload).cells });
}

function choose(seat: Seat, workload: Workload, facts?: Facts): SeatPick {
  return pickTechnologies(workload, facts, [seat])[0];
}

function settling(milliseconds: number): Partial<WorkloadProps> {
  return { latencyTarget: LatencyTarget.settle(Duration.millis(milliseconds)) };
}

describe.each(RATES)('at %d payments/s', (rate) => {
  const choices = pickTechnologies(workloadAt(rate));

  it('every seat is taken by the cheapest option without an excuse', () => {
    expect(choices.map((it) => it.seat)).toEqual(SEATS);
    for (const choice of choices) {
      const priced = choice.candidates.filter((it) => it.excuses.length === 0);
      expect(choice.pick).toBeDefined();
      expect(priced).toContain(choice.pick);
      for (const candidate of priced) {
        expect(Math.round(candidate.monthlyUsd!.typical)).toBeGreaterThanOrEqual(Math.round(choice.pick!.monthlyUsd!.typical));
      }
    }
  });

  it.each(choices.flatMap((choice) => choice.candidates.map((it) => [choice.seat, it.name, it, choice] as const)))(
    '%s: %s has a size, or a reason', (_, __, candidate, choice) => {
      expect(candidate.size !== undefined || candidate.excuses.length > 0).toBe(true);
      expect(candidate.figure).not.toBe('');
      const texts = [candidate.name, candidate.technology, candidate.figure, candidate.size ?? '', ...candidate.excuses];
      expect(texts.join(' ')).not.toMatch(/NaN|undefined|Infinity|\b1 (tables|shards|cells|processes|readers)\b/);
      if (candidate.monthlyUsd !== undefined) {
        const { low, typical, high } = candidate.monthlyUsd;
        expect([low, typical, high].every(Number.isFinite)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(typical).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(typical);
        // No part of a payment system costs more than a dollar for a thousand payments beyond what a month has at least.
        expect(typical).toBeLessThan(4_000 + rate * 2_628);
        expect(candidate.size).toBeDefined();
      }
      for (const id of candidate.assumptions) {
        expect(() => Facts.DEFAULT.get(id)).not.toThrow();
      }
      expect(whyNot(candidate, choice.pick) === undefined).toBe(candidate === choice.pick);
      expect(whyNot(candidate, choice.pick)).not.toBe('');
    });

  it('names differ, so that a pick is one of them', () => {
    for (const { candidates } of choices) {
      expect(new Set(candidates.map((it) => it.name)).size).toBe(candidates.length);
    }
  });

  it('is the same every time', () => {
    expect(pickTechnologies(workloadAt(rate))).toEqual(choices);
  });
});

describe('what flips a pick', () => {
  const usual = workloadAt(100_000);
  const fast = workloadAt(100_000, settling(100));
  const choices = chooseTechnologies(usual);
  const flips = (seat: Seat) => choices.find((it) => it.seat === seat)!.flips;

  it('a settle target of 100 ms gives broker and worker to Kafka and pods', () => {
    expect(choose('broker', usual).pick!.technology).toBe('Amazon Kinesis');
    expect(flips('broker')).toContainEqual({ change: 'settle within 100 ms at p99', pick: 'MSK Standard' });
    expect(flips('compute')).toContainEqual({ change: 'settle within 100 ms at p99', pick: 'Pods on EKS behind Kafka' });
    const broker = choose('broker', fast);
    expect(broker.pick!.technology).toBe('Apache Kafka');
    expect(choose('compute', fast).pick!.name).toBe('Pods on EKS behind Kafka');
    const stream = broker.candidates.find((it) => it.name === 'Kinesis, provisioned shards')!;
    expect(stream.excuses[0]).toMatch(/^settles at p99 within \d+ ms at best, the target is 100 ms at p99$/);
    // It is still told what it would take.
    expect(stream.size).toMatch(/^\d+ shards, pushed to its consumer in each of 4 cells$/);
  });

  it('a stated flip is what a choice for the changed workload says', () => {
    const changed = usual.with({ average: usual.peak.times(0.05) });
    const after = pickTechnologies(changed);
    for (const { seat, pick: before } of choices) {
      const flip = flips(seat).find((it) => it.change === 'an average of 5 % of the peak');
      expect(flip?.pick ?? before?.name).toBe(after.find((it) => it.seat === seat)!.pick?.name);
    }
    expect(after.map((it) => it.pick?.name)).not.toEqual(choices.map((it) => it.pick?.name));
  });

  it('no broker settles within 20 ms, and the worker has none to read', () => {
    const impossible = workloadAt(1_000, settling(20));
    const broker = chooseTechnologies(impossible, Facts.DEFAULT, ['broker'])[0];
    expect(broker.pick).toBeUndefined();
    expect(broker.candidates.every((it) => it.excuses.length > 0)).toBe(true);
    expect(choose('compute', impossible).candidates.find((it) => it.name === 'Pods on EKS behind Kafka')!.excuses[0]).toBe('reads Kafka, and no broker fits');
    expect(renderChoiceTable(impossible, [broker])).toContain('Message broker: none of the options fits');
    expect(renderChoiceMarkdown(impossible, [broker])).toContain('None of the options fits.');
  });

  it('a small system of partners alone takes API Gateway, one with a public edge a load balancer', () => {
    expect(choose('gateway', workloadAt(10, { publicEdgeShare: 0 })).pick!.name).toBe('API Gateway HTTP');
    expect(choose('gateway', workloadAt(10)).pick!.name).toBe('ALB and a web ACL');
    const quota = choose('gateway', workloadAt(100_000)).candidates.find((it) => it.name === 'API Gateway HTTP')!;
    expect(quota.size).toBe("110,000 requests/s, 11 times the account's quota of 10,000: a raise comes first");
  });

  it('what fits into a process is cached there', () => {
    expect(choose('cache', workloadAt(10)).pick!.name).toBe('Memory of each process');
    const large = choose('cache', workloadAt(100_000)).candidates.find((it) => it.name === 'Memory of each process')!;
    expect(large.excuses[0]).toMatch(/GiB in every process, which has 205 MiB for it$/);
  });

  it('prices decide: a stated one moves the pick', () => {
    expect(choose('store', usual).pick!.name).toBe('Aurora PostgreSQL, sharded');
    const cheap = Facts.DEFAULT.withOverrides({ 'dynamodb/onDemand.wru': 6.25e-8, 'dynamodb/onDemand.rru': 1.25e-8 });
    expect(choose('store', usual.with({ payload: { mean: Size.bytes(512) } }), cheap).pick!.name).toBe('DynamoDB');
  });

  it('prices of several cells are those of all of them', () => {
    const one = choose('broker', workloadAt(5_000)).candidates.find((it) => it.name === 'Kinesis On-demand Standard')!;
    const two = choose('broker', workloadAt(5_000).with({ cells: 2 })).candidates.find((it) => it.name === 'Kinesis On-demand Standard')!;
    // Each cell has a stream of its own, whose hours are billed.
    expect(one.monthlyUsd!.low).toBeGreaterThan(0);
    expect(two.monthlyUsd!.low).toBeCloseTo(2 * one.monthlyUsd!.low, 6);
  });
});

describe('the profiles of the reference', () => {
  it('have a candidate in every seat', () => {
    for (const choice of pickTechnologies(workloadAt(100_000))) {
      expect(choice.candidates).toContain(choice.profiles.serverless);
      expect(choice.candidates).toContain(choice.profiles.kubernetes);
    }
  });

  it('are told beside the pick', () => {
    const [choice] = chooseTechnologies(workloadAt(100_000), Facts.DEFAULT, ['compute']);
    expect(renderChoiceTable(workloadAt(100_000), [choice])).toMatch(/the reference has: serverless Lambda \(\$[\d,]+\); Kubernetes Pods on EKS behind Kafka \(\$[\d,]+\)/);
  });
});

describe('a pick', () => {
  const candidate = (name: string, typical: number | undefined, milliseconds?: number, excuses: string[] = []): Candidate => ({
    name,
    technology: name,
    figure: 'none',
    size: '1',
    excuses,
    assumptions: [],
    ...(typical !== undefined && { monthlyUsd: { low: 0, typical, high: typical } }),
    ...(milliseconds !== undefined && { latency: { milliseconds, of: 'p99' } }),
  });

  it('is the cheapest, then the fastest, then the first', () => {
    expect(pick([candidate('a', 12), candidate('b', 10), candidate('c', 11)])!.name).toBe('b');
    expect(pick([candidate('a', 10.2, 9), candidate('b', 10.1, 5), candidate('c', 9.9, 7)])!.name).toBe('b');
    expect(pick([candidate('a', 10), candidate('b', 10)])!.name).toBe('a');
  });

  it('has no excuse, and a price', () => {
    expect(pick([candidate('a', 1, 1, ['too slow']), candidate('b', 100)])!.name).toBe('b');
    expect(pick([candidate('a', undefined), candidate('b', 1, 1, ['no'])])).toBeUndefined();
  });

  it('says what the others cost more, or their excuses', () => {
    const chosen = candidate('a', 100);
    expect(whyNot(chosen, chosen)).toBeUndefined();
    expect(whyNot(candidate('b', 250), chosen)).toBe('$250 a month, $150 more (2.5 times)');
    expect(whyNot(candidate('b', 250, 1, ['too slow', 'too small']), chosen)).toBe('too slow; too small');
  });
});

describe('a candidate', () => {
  const identity = { name: 'A', technology: 'a', figure: 'none' };

  it('that is listed has its reason and no price', () => {
    expect(listed(identity, 'nobody runs it')).toEqual({ ...identity, excuses: ['nobody runs it'], assumptions: [] });
  });

  it('whose model refuses the workload has the sentence of the model as excuse', () => {
    const refused = modelled(identity, workloadAt(10), Facts.DEFAULT, () => {
      throw new Error('`peak` must be less');
    });
    expect(refused).toEqual({ ...identity, excuses: ['`peak` must be less'], assumptions: [] });
  });

  it('names the facts behind it that nobody has published', () => {
    const sized = modelled(identity, workloadAt(10), Facts.DEFAULT, (_, facts) => {
      const typical = facts.number('alb/trustStoreHour') + facts.number('alb/hour') + facts.number('target/edge.smallestCell');
      return { size: '1', monthlyUsd: { low: 0, typical, high: typical } };
    });
    expect(sized.assumptions).toEqual(['alb/trustStoreHour']);
  });

  it('is late only against a percentile that is known', () => {
    const at = (percentile: number): Workload => workloadAt(10, { latencyTarget: LatencyTarget.settle(Duration.millis(100), percentile) });
    expect(lateExcuse(150, at(99))).toEqual(['settles at p99 within 150 ms at best, the target is 100 ms at p99']);
    expect(lateExcuse(150, at(99.9))).toHaveLength(1);
    expect(lateExcuse(150, at(50))).toEqual([]);
    expect(lateExcuse(100, at(99))).toEqual([]);
  });
});

describe('the reports', () => {
  const { prod } = environments;
  const choices = chooseTechnologies(prod);

  it('stay within the width of the terminal', () => {
    for (const width of [80, 120]) {
      const lines = renderChoiceTable(prod, choices, { width }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });

  it('name every option, and what would change the pick', () => {
    const text = renderChoiceTable(prod, choices, { width: 10_000 });
    for (const choice of choices) {
      for (const candidate of choice.candidates) {
        expect(text).toContain(candidate.name);
      }
      for (const flip of choice.flips) {
        expect(text).toContain(flip.change);
      }
    }
  });

  it('are the page in docs', () => {
    const page = fs.readFileSync(path.join(__dirname, '../../../docs/choices.md'), 'utf8');
    const marker = 'a test compares. -->\n\n';
    expect(page.slice(page.indexOf(marker) + marker.length)).toBe(renderChoiceMarkdown(prod, choices));
  });
});
