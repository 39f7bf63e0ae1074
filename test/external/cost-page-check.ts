import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { billOf, leversOf, stalePricesOf } from '../../lib/cost';
import { renderCostPage } from '../../lib/report/cost-page';
import { Workload } from '../../lib/workload';
import { assemblyOf, type PlainResource } from '../lib/cost/assembly-of';
import { findChromium, launch } from './chromium';
import type { ExternalCheck, ExternalResult } from './external-check';
import { auditPage } from './page-audit';
import { openWindows, takePictures } from './page-windows';

/** The page of a bill in a real browser, in five windows: nothing is asked for, nothing overflows, all can be read, and it sorts and filters. */
export const costPageCheck: ExternalCheck = {
  name: 'page of a bill',
  async run(): Promise<ExternalResult> {
    const program = await findChromium();
    if (program === undefined) {
      return { status: 'skipped', detail: 'there is no Chromium on the PATH, and the npm package with one cannot be installed here or does not start' };
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-bill-'));
    const browser = await launch(program);
    try {
      const findings = await look(browser, folder);
      return findings.length === 0
        ? { status: 'passed', detail: `it sorts, filters and asks for nothing (Chromium ${browser.version()})` }
        : { status: 'failed', detail: `\n${findings.map((finding) => `  - ${finding}`).join('\n')}` };
    } finally {
      await browser.close();
      fs.rmSync(folder, { recursive: true });
    }
  },
};

async function look(browser: Browser, folder: string): Promise<string[]> {
  const findings: string[] = [];
  const file = path.join(folder, 'bill.html');
  fs.writeFileSync(file, madeUpPage());
  const windows = await openWindows(browser, pathToFileURL(file).href, (text) => findings.push(text));
  for (const { name, page } of windows) {
    await page.locator('summary').click();
    findings.push(...(await auditPage(page)).map((finding) => `${name}: ${finding}`));
  }
  await takePictures(windows, 'bill');
  findings.push(...await operate(windows[0].page));
  await Promise.all(windows.map(({ page }) => page.close()));
  return findings;
}

/** Sorts by a head and by the list, filters by text and by both lists. */
async function operate(page: Page): Promise<string[]> {
  const findings: string[] = [];
  const expectEqual = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      findings.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
    }
  };
  const values = (key: string): Promise<string[]> => page.locator('#lines tbody tr:visible').evaluateAll((rows, name) => rows.map((row) => row.getAttribute(`data-${name}`) ?? ''), key);
  const all = await values('usd');

  await page.getByRole('button', { name: 'A month' }).click();
  expectEqual('by cost, the cheapest first', (await values('usd')).map(Number), all.map(Number).sort((a, b) => a - b));
  await page.getByRole('button', { name: 'What' }).click();
  expectEqual('by what', await values('what'), [...await values('what')].sort());
  await page.locator('#order').selectOption('quantity');
  expectEqual('by quantity', (await values('quantity')).map(Number), (await values('quantity')).map(Number).sort((a, b) => b - a));

  await page.locator('#filter').fill('STREAM shards');
  expectEqual('filter', await values('what'), ['shards']);
  expectEqual('what is shown', await page.locator('#shown').textContent(), `1 of ${all.length} lines, $43.80 a month`);
  await page.locator('#filter').fill('');
  await page.locator('#stage').selectOption('ledger');
  expectEqual('stage', [...new Set(await values('stage'))], ['ledger']);
  await page.locator('#stage').selectOption('');
  await page.locator('#kind').selectOption('declared');
  expectEqual('kind', [...new Set(await values('kind'))], ['declared']);
  await page.locator('#kind').selectOption('');
  expectEqual('all again', (await values('usd')).length, all.length);
  return findings;
}

/** A bill with all that a page can show: bands, unpriced types, discounts, levers and old prices. */
function madeUpPage(): string {
  const resources: { readonly [logicalId: string]: PlainResource } = {
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 4 } },
    Ledger: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST' } },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    Key: { Type: 'AWS::KMS::Key', Metadata: { 'aws:cdk:path': 'a-stack-with-a-long-name/AConstructThatIsNamedAtLength/AndAnotherOneBelowIt/Key/Resource' } },
    Unknown: { Type: 'AWS::Nobody::Knows' },
  };
  const workload = Workload.fromJSON({ peak: 1000, average: 1000, uncertainty: { average: { low: 500, high: 2000 } } });
  const options = { discounts: { 'dynamodb/*': 0.9 }, usage: { Ledger: { writeUnitsPerSecond: 1000, readUnitsPerSecond: 10, storedGigabytes: 100 } } };
  const topology = assemblyOf(resources);
  const bill = billOf(topology, workload, options);
  return renderCostPage(bill, { title: 'cdk.out', levers: leversOf(topology, workload, options), stale: stalePricesOf(bill, new Date('2026-11-22')) });
}
