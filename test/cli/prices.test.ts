import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { pricesCommand } from '../../cli/prices';
import { Facts } from '../../lib/facts';
import { commandInFolder } from '../support/command-in-folder';

/** Cut-out price lists in AWS's own format, below AWS's own paths. In that of Kinesis the extended retention is dearer than ours. */
const LISTS = path.join(__dirname, '..', 'cost', 'price-list');

/** A port that nobody listens at any more. */
async function closedPort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('cht prices refresh', () => {
  const { folder, run } = commandInFolder(pricesCommand);
  const local = path.join(folder, 'facts.local.json');
  const problem = (...words: string[]) => run(...words).then(() => 'none', (error: Error) => error.message);

  it('shows what changed, what the lists do not tell, and what could not be read', async () => {
    const output = await run('refresh', '--from', LISTS);
    expect(output).toMatch(/^price +old +new +change +unit +list of\nkinesis\/provisioned\.retention7d\.shardHour +0\.02 +0\.022 +\+10\.0 % +USD\/shard-h +AmazonKinesis 2026-11-19\n/);
    expect(output).toMatch(/\n1 differ and \d+ are the same, in us-east-1\.\n/);
    expect(output).toContain('\nThe lists do not tell:\n  kinesis/provisioned.retentionLong.gbMonth: no product with a price has the usage type LongTermRetention-ByteHrs\n');
    expect(output).toMatch(/\nNot read:\n {2}AmazonDynamoDB: there is neither .*AmazonDynamoDB\.json nor/);
    expect(output).toContain('"--write" states them in facts.local.json.');
    expect(fs.existsSync(local)).toBe(false);
  });

  it('reads steps in any order, prices of one for ours of many, and what follows a free allowance', async () => {
    const { same } = JSON.parse(await run('refresh', '--from', LISTS, '--json')) as { same: { id: string; new: number }[] };
    expect(same).toEqual(expect.arrayContaining([
      expect.objectContaining({ id: 'lambda/arm.gbSecond.tier2', new: 0.0000120001 }), expect.objectContaining({ id: 'lambda/arm.gbSecond.tier2.upTo', new: 18_750_000_000 }),
      expect.objectContaining({ id: 'kms/request10k', new: 0.03 }), expect.objectContaining({ id: 'kinesis/provisioned.efo.gb', new: 0.013 }),
    ]));
  });

  it('writes what the other commands then read, and never what is shipped', async () => {
    fs.writeFileSync(local, '{"kinesis/shardQuota.account": 5000}');
    const before = Facts.DEFAULT.price('kinesis/provisioned.retention7d.shardHour');
    expect(await run('refresh', '--from', LISTS, '--write')).toContain('\n1 written to facts.local.json.\n');
    const facts = Facts.local(folder);
    expect(facts.get('kinesis/provisioned.retention7d.shardHour')).toMatchObject({ value: 0.022, confidence: 'stated', note: expect.stringContaining('AWS price list AmazonKinesis, us-east-1, 2026-11-19') });
    expect(facts.number('kinesis/shardQuota.account')).toBe(5000);
    expect(Facts.DEFAULT.price('kinesis/provisioned.retention7d.shardHour')).toBe(before);
    expect(fs.readdirSync(folder)).toEqual(['facts.local.json']);
    expect(await run('refresh', '--from', LISTS)).toMatch(/^All \d+ prices that the lists of us-east-1 tell are as they are here\.\n/);
  });

  it('keeps a price that somebody negotiated', async () => {
    const own = '{"kinesis/provisioned.retention7d.shardHour": {"value": 0.018, "note": "our contract"}}';
    fs.writeFileSync(local, own);
    expect(await run('refresh', '--from', LISTS, '--write')).toMatch(/kinesis\/provisioned\.retention7d\.shardHour +0\.018 +0\.022 +\+22\.2 % .* yours\n/);
    expect(fs.readFileSync(local, 'utf8')).toBe(own);
  });

  it('reads a mirror', async () => {
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request.url!);
      const file = path.join(LISTS, request.url!);
      response.writeHead(fs.existsSync(file) ? 200 : 404).end(fs.existsSync(file) ? fs.readFileSync(file) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const output = await run('refresh', '--from', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      expect(output).toMatch(/0\.02 +0\.022 +\+10\.0 %/);
      expect(output).toContain('AmazonDynamoDB: the answer is 404 Not Found');
      expect(asked).toContain('/offers/v1.0/aws/AmazonKinesis/current/us-east-1/index.json');
    } finally {
      server.close();
    }
  });

  it('says how to fetch the lists by hand where there is no network', async () => {
    const message = await problem('refresh', '--from', `http://127.0.0.1:${await closedPort()}`, '--region', 'eu-west-1');
    expect(message).toMatch(/^no price list of http:\/\/127\.0\.0\.1:\d+ could be read: fetch failed: \S+\.\n/);
    expect(message).toContain('for service in AmazonKinesis AmazonDynamoDB AWSLambda');
    expect(message).toContain('curl -fsS --compressed -o "prices/$service.json" "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/$service/current/eu-west-1/index.json"');
    expect(message).toContain('cht prices refresh --from prices --region eu-west-1');
  });

  it('reads the files that are fetched so, and passes over what is none or too large', async () => {
    const prices = path.join(folder, 'prices');
    fs.mkdirSync(prices);
    fs.copyFileSync(path.join(LISTS, 'offers/v1.0/aws/AmazonKinesis/current/us-east-1/index.json'), path.join(prices, 'AmazonKinesis.json'));
    fs.writeFileSync(path.join(prices, 'AWSLambda.json'), '<html>');
    fs.writeFileSync(local, '{"target/cost.priceListMegabytes": 0.1}');
    fs.writeFileSync(path.join(prices, 'AmazonEC2.json'), ' '.repeat(200_000));
    const output = await run('refresh', '--from', prices);
    expect(output).toMatch(/0\.02 +0\.022 +\+10\.0 %/);
    expect(output).toMatch(/\n {2}AWSLambda: .*JSON/);
    expect(output).toContain('AmazonEC2: it has 0 MB, more than 0.1; docs/cost.md tells how to cut it to size');
    fs.rmSync(prices, { recursive: true });
  });

  it.each([
    [[], '"cht prices" knows one word, refresh, got: none.'],
    [['reset'], 'got: reset.'],
    [['refresh', 'now'], 'got: refresh now.'],
    [['refresh', '--region', 'Mars'], '--region must be a region code such as us-east-1, got: Mars.'],
  ])('refuses %j', async (words, message) => {
    expect(await problem(...words)).toContain(message);
  });
});
