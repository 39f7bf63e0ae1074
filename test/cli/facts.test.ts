import * as fs from 'node:fs';
import * as path from 'node:path';
import { factsCommand } from '../../cli/facts';
import { type Fact, Facts } from '../../lib/facts';
import type { FactsSummary } from '../../lib/report/facts-table';
import { commandInFolder } from '../support/command-in-folder';

/** Runs the command in this process, in a folder without a facts.local.json unless the test writes one. */
describe('cht facts', () => {
  const { folder, run } = commandInFolder(factsCommand);
  const columns = process.stdout.columns;
  afterEach(() => {
    process.stdout.columns = columns;
  });

  async function facts(...words: string[]): Promise<(Fact & { ageInDays?: number })[]> {
    return (JSON.parse(await run(...words, '--json')) as { facts: Fact[] }).facts;
  }

  async function problem(...words: string[]): Promise<string> {
    return run(...words).then(() => 'none', (error: Error) => error.message);
  }

  it('counts the facts of every service by their trust', async () => {
    const output = await run();
    expect(output).toMatch(/^service +facts +oldest +trust\n-+\nalb +\d+ +20\d\d\S* +\d+ high/);
    expect(output).toMatch(/\nall +\d+ /);
    const { services, region } = JSON.parse(await run('--json')) as { services: FactsSummary[]; region: string };
    expect(region).toBe('us-east-1');
    expect(services.reduce((sum, it) => sum + it.facts, 0)).toBe(Facts.DEFAULT.list().length);
    const kinesis = services.find((it) => it.service === 'kinesis')!;
    expect(Object.values(kinesis.byConfidence).reduce((sum, count) => sum + count)).toBe(kinesis.facts);
    expect(kinesis.oldest).toMatch(/^20\d\d/);
  });

  it('lists the facts of a service, assumptions marked', async () => {
    const table = await run('kinesis');
    expect(table).toMatch(/^fact +value +unit +region +date +trust\n/);
    expect(table).toMatch(/\nkinesis\/shard.writeRecordsPerSec +1,000 +records\/s +all +2026 +high\n/);
    expect(table).toMatch(/\nkinesis\/putRecord.p99.default +40 +ms +all +- +knowledge \?\n/);
    expect(table).toMatch(/\nkinesis\/provisioned.putPayloadUnit +0.000000014 +USD/);
    expect(table).toMatch(/\n\? assumption/);
    expect((await facts('kinesis')).map((fact) => fact.id)).toEqual(Facts.DEFAULT.list('kinesis').map((fact) => fact.id));
  });

  it('reads another region, and marks what is borrowed from one', async () => {
    const table = await run('kinesis', '--region', 'eu-central-1');
    expect(table).toMatch(/kinesis\/shardQuota.account +6,000 +shards +eu-central-1 +2026 +high\n/);
    expect(table).toMatch(/kinesis\/provisioned.shardHour +0.015 +USD\/shard-h +us-east-1 +\S+ +high ~\n/);
    expect(table).toMatch(/\n~ value of another region/);
    expect((await facts('kinesis', '--region', 'eu-central-1')).find((fact) => fact.id === 'kinesis/provisioned.shardHour')?.fallback).toBe(true);
  });

  it('shows what a facts.local.json states', async () => {
    fs.writeFileSync(path.join(folder, 'facts.local.json'), '{"kinesis/shardQuota.account": {"value": 5000, "note": "lowered by us"}}');
    const output = await run('kinesis');
    expect(output).toMatch(/kinesis\/shardQuota.account +5,000 +shards +us-east-1 +- +stated \*\n/);
    expect(output).toMatch(/\n\* stated by the user/);
    expect(await run('kinesis/shardQuota.account')).toContain('note: stated by the user: lowered by us; shipped: 20000');
  });

  it('tells all about one fact', async () => {
    const page = await run('kinesis/shardQuota.account', '--region', 'eu-west-1');
    expect(page).toMatch(/^kinesis\/shardQuota.account = 20,000 shards\n/);
    expect(page).toContain('limit: raised on request, kinesis L-0918CF54, shared by the account and region');
    expect(page).toMatch(/date: 2026, at most \d+ days old/);
    expect(page).toMatch(/source: https:\/\/docs.aws.amazon.com\//);
    expect(page).toContain('in other: 1,000 shards');
    expect(await run('dynamodb/item.maxBytes')).toContain('limit: hard\n');
    expect(await run('alb/hour')).not.toContain('limit:');
    expect(await run('alb/hour', '--region', 'ap-south-1')).toContain('region: us-east-1; there is no value for ap-south-1');
    expect(await facts('alb/hour')).toMatchObject([{ id: 'alb/hour', value: 0.0225 }]);
  });

  it('finds what is old or without a date', async () => {
    const stale = await facts('--stale', '365');
    expect(stale.length).toBeGreaterThan(50);
    expect(stale.every((fact) => fact.ageInDays === undefined || fact.ageInDays > 365)).toBe(true);
    expect(stale.some((fact) => fact.confidence === 'chosen')).toBe(false);
    expect((await facts('--stale', '36500')).every((fact) => fact.asOf === null)).toBe(true);
    const ofOne = await facts('lambda-esm', '--stale', '365');
    expect(ofOne.map((fact) => fact.service)).toEqual(ofOne.map(() => 'lambda-esm'));
    expect(ofOne.length).toBeGreaterThan(0);
  });

  it('searches ids, notes and sources', async () => {
    const found = await facts('--search', 'TUMBLING');
    expect(found.map((fact) => fact.id)).toContain('lambda-esm/tumblingWindow.maxSec');
    expect(found.every((fact) => JSON.stringify([fact.id, fact.note, fact.source]).toLowerCase().includes('tumbling'))).toBe(true);
    expect(await run('--search', 'no such words anywhere')).toBe('no such facts\n');
  });

  it.each([80, 120])('fits %d columns', async (width) => {
    process.stdout.columns = width;
    const services = Facts.DEFAULT.services();
    for (const words of [[], ...services.map((service) => [service]), ['kinesis/shardQuota.account']]) {
      const longest = (await run(...words)).split('\n').filter((line) => line.includes(' ')).reduce((most, line) => Math.max(most, line.length), 0);
      expect({ words, tooLong: longest > width }).toEqual({ words, tooLong: false });
    }
  });

  it.each([
    [['nothing'], /^There are no facts of a service nothing, only of alb, .*waf.*"cht facts --help" tells more\.$/],
    [['kinesis/shards'], /^There is no fact 'kinesis\/shards'; did you mean 'kinesis\/\S+' or 'kinesis\/\S+'\? "cht facts --help"/],
    [['kinesis', 'alb'], /^Name one service or one fact, got also: alb\./],
    [['kinesis', '--stale', 'old'], /^--stale must be between 0 and 36500, got: old\./],
    [['kinesis', '--stale', '1.5'], /^--stale must be a whole number, got: 1.5\./],
    [['kinesis/shardQuota.account', '--stale', '1'], /^--stale and --search choose among facts/],
    [['--region', 'Mars'], /^--region must be a region code such as us-east-1, got: Mars\./],
  ])('says what is wrong with %j', async (words, message) => {
    expect(await problem(...words)).toMatch(message);
  });

  it('says what is wrong with a facts.local.json', async () => {
    fs.writeFileSync(path.join(folder, 'facts.local.json'), '{"kinesis/shards": 1}');
    expect(await problem()).toMatch(/facts\.local\.json: there is no fact 'kinesis\/shards'; did you mean '.*'\? "cht facts --help" tells more\.$/);
  });

  it('explains itself', () => {
    for (const option of Object.keys(factsCommand.options)) {
      expect(factsCommand.help).toContain(`--${option}`);
    }
  });
});
