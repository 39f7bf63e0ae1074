import * as fs from 'node:fs';
import * as path from 'node:path';
import { compareBrokers, type ComparedOption, compareStorage, compareTables, type Comparison } from '../../../lib/cost';
import { Facts } from '../../../lib/facts';
import { renderComparison } from '../../../lib/report/cost-comparison';
import { money } from '../../../lib/report/cost-text';
import { tableOf } from '../../cost/page-table';
import { Workload } from '../../../lib/workload';

const flat = Workload.fromJSON({ peak: 40_000, average: 40_000, cells: 4 });
const facts = Facts.DEFAULT.forRegion('us-east-1');

function optionOf({ options }: Comparison, name: RegExp): ComparedOption {
  return options.find((it) => name.test(it.name))!;
}

function usd(value: number): number {
  return Math.round(100 * value) / 100;
}

describe('brokers side by side', () => {
  const found = compareBrokers(flat, facts);

  it('are Kinesis in its modes, MSK, and Kafka of one\'s own, the cheapest first', () => {
    expect(found.options).toHaveLength(5);
    const totals = found.options.map(({ total }) => total.typical);
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    for (const { total, billed, work } of found.options) {
      expect([total.low, total.typical, total.high]).toEqual([billed.low + work.low, billed.typical + work.typical, billed.high + work.high]);
      expect(total.low).toBeLessThan(total.high);
    }
  });

  it('cost shards, PUT units and the push of the average rate, in every cell', () => {
    const [, count] = /(\d+) provisioned shards/.exec(optionOf(found, /provisioned shards/).name)!;
    const shards = Number(count);
    // Shards, consumer shards and longer retention by the hour: 0.015 + 0.015 + 0.02.
    const hourly = 4 * shards * 730 * 0.05;
    expect(optionOf(found, /provisioned shards/).billed.typical).toBeGreaterThan(hourly);
    expect(optionOf(found, /provisioned shards/).billed.typical).toBeLessThan(3 * hourly);
  });

  it('count the hours of people at their rate', () => {
    expect(usd(optionOf(found, /EC2/).work.typical)).toBe(8000); // 80 h x 100
    expect(usd(optionOf(found, /EC2/).work.low)).toBe(2400); // 40 h x 60
    expect(usd(optionOf(found, /EC2/).work.high)).toBe(43_200); // 240 h x 180
    expect(usd(optionOf(found, /MSK/).work.typical)).toBe(1600); // 16 h x 100
    const stated = compareBrokers(flat, facts, { hourUsd: 50, selfRunHours: 10 });
    expect(optionOf(stated, /EC2/).work).toEqual({ low: 500, typical: 500, high: 500 });
    expect(usd(optionOf(stated, /provisioned shards/).work.typical)).toBe(100); // 2 h x 50
  });

  it('bill instances and disks of a Kafka of one\'s own, and each byte three times between zones', () => {
    const own = optionOf(found, /EC2/);
    const [, brokers, type] = /(\d+) x (m7g\.\w+)/.exec(own.name)!;
    const [, instances, replicas, producers] = /\$(\d+) of instances and disks \+ replicas in other zones \$(\d+) \+ producers \$(\d+)/.exec(own.why)!;
    expect(Number(instances)).toBeGreaterThan(Number(brokers) * 730 * facts.price(`ec2/onDemand.${type}.hour`));
    // Two thirds of what producers send crosses zones, and so do both other replicas of all of it: three times as much.
    expect(Number(replicas) / Number(producers)).toBeCloseTo(3, 1);
    expect(own.billed.typical).toBeCloseTo(4 * Number(instances) + Number(replicas) + Number(producers), -1);
  });

  it('refuse hours and a rate below 0', () => {
    expect(() => compareBrokers(flat, facts, { hourUsd: -1 })).toThrow('`hourUsd` must be 0 or more, got: -1');
    expect(() => compareBrokers(flat, facts, { selfRunHours: NaN })).toThrow('`selfRunHours` must be 0 or more, got: NaN');
  });
});

describe('docs/cost.md', () => {
  it('shows the brokers of the fixed workload', () => {
    const fixed = Workload.fromJSON(JSON.parse(fs.readFileSync(path.join(__dirname, '../../cost/reference-workload.json'), 'utf8')));
    expect(tableOf('brokers')).toEqual(compareBrokers(fixed, facts).options.map(({ name, total }) => [name, money(total.low), money(total.typical), money(total.high)]));
  });
});

describe('tables side by side', () => {
  it('are cheapest reserved at a flat rate, and by request where the peak is far above the average', () => {
    expect(compareTables(flat, facts).options.map(({ name }) => name)).toEqual(['provisioned and reserved for a year', 'provisioned, with scaling', 'by request']);
    const spiky = compareTables(Workload.fromJSON({ peak: 40_000, average: 4_000, cells: 4 }), facts);
    expect(spiky.options[0].name).toBe('by request');
    expect(spiky.notes[0]).toContain('below 2.42 times the average; here it is 10.');
  });

  it('tell what a day more of the ledger costs', () => {
    // 40,000 x 86,400 s x 602 B are 1,938 GB, at 0.25 + 0.20 dollars.
    expect(compareTables(flat, facts).notes[1]).toMatch(/^A day more of ledger is 1938 GB: \$872 a month/);
  });
});

describe('classes of storage side by side', () => {
  const of = (name: RegExp, use: Parameters<typeof compareStorage>[0] = {}): ComparedOption => optionOf(compareStorage(use, facts), name);

  it('cost what is kept, and the move of each object spread over its life', () => {
    expect(of(/^Standard$/).total.typical).toBe(23); // 1,000 x 0.023
    // 1,000 GB of a quarter of a MiB are 4,096,000 objects x 0.02 a thousand = 81.92, over 12 months; kept 1,000 x 0.004.
    expect(of(/Instant/).total.typical).toBeCloseTo(4 + 81.92 / 12, 6);
    // Saves 19 a month: 81.92 / 19 x 30.4 days.
    expect(of(/Instant/).why).toContain('pays after 132 days');
    expect(of(/Deep/).total.typical).toBeCloseTo(0.99 + 204.8 / 12, 6);
  });

  it('bill small objects as 128 KiB, short lives as the least, and reads', () => {
    // 64 KiB billed as 128: twice 12.50; 16,384,000 objects x 0.01 a thousand = 163.84.
    expect(of(/Infrequent/, { objectBytes: 65_536 }).total.typical).toBeCloseTo(25 + 163.84 / 12, 6);
    expect(of(/Infrequent/, { objectBytes: 65_536 }).why).toContain('never pays');
    // 30 days billed as 90: 12 a month.
    expect(of(/Instant/, { keptDays: 30, objectBytes: 1024 ** 3 }).total.typical).toBeCloseTo(12 + 0.02 / (30 / (730 / 24)), 6);
    // A tenth read in a month: 100 GB x 0.03.
    expect(of(/Instant/, { readShare: 0.1 }).total.typical - of(/Instant/).total.typical).toBeCloseTo(3, 6);
  });

  it('refuse what is out of range', () => {
    expect(() => compareStorage({ gigabytes: 0 })).toThrow('`gigabytes` must be above 0, got: 0');
    expect(() => compareStorage({ objectBytes: 0 })).toThrow('`objectBytes` must be 1 or more, got: 0');
    expect(() => compareStorage({ keptDays: 0.5 })).toThrow('`keptDays` must be 1 or more, got: 0.5');
    expect(() => compareStorage({ readShare: -0.1 })).toThrow('`readShare` must be 0 or more, got: -0.1');
  });
});

describe('the text of a comparison', () => {
  it('has work only where people are counted', () => {
    expect(renderComparison(compareBrokers(flat, facts))).toContain('of it billed');
    expect(renderComparison(compareStorage({}, facts))).not.toContain('of it billed');
  });
});
