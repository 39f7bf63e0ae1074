import type { Browser } from 'playwright-core';
import { Dashboard } from '../../local/dashboard';
import { SyntheticFeed } from '../local/dashboard/synthetic-feed';
import { auditPage } from './page-audit';
import { openWindows, takePictures } from './page-windows';

/** Long enough for the slowest of the windows; the feed is gone with the check. */
const LOAD_SECONDS = 600;
const WAIT = { timeout: 20_000 };

/** Looks at the page over a feed that is made up: what a clean run never shows, and all windows at leisure. @returns findings. */
export async function checkMadeUpRun(browser: Browser): Promise<string[]> {
  const findings: string[] = [];
  const dashboard = await Dashboard.start({ feed: new SyntheticFeed({ seconds: LOAD_SECONDS, lost: 3 }) });
  const windows = await openWindows(browser, dashboard.url, (text) => findings.push(text));
  const audit = async (moment: string): Promise<void> => {
    for (const { name, page } of windows) {
      findings.push(...(await auditPage(page)).map((finding) => `${moment}, ${name}: ${finding}`));
    }
    await takePictures(windows, moment);
  };
  try {
    const [{ page }, { page: other }] = windows;
    await page.locator('#phase', { hasText: 'load' }).waitFor(WAIT);

    // By keyboard alone: a value, the switch behind it, and the slider.
    await page.locator('#value-slow-handler').fill('250');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await other.locator('#fault-slow-handler[aria-checked="true"]').waitFor(WAIT);
    await other.locator('#log li.fault', { hasText: 'on, 250' }).first().waitFor(WAIT);
    await page.locator('#rate').focus();
    await page.keyboard.press('End');
    await other.locator('#rate-figure', { hasText: '5,000' }).waitFor(WAIT);

    // A value out of bounds is not sent.
    await page.locator('#value-reshard').fill('0');
    await page.locator('#fault-reshard').click();
    if (await page.locator('#fault-reshard').getAttribute('aria-checked') !== 'false') {
      findings.push('a value below the bound of a fault was taken');
    }
    await page.locator('#value-reshard').fill('5');
    await page.locator('#fault-kill-worker').click();
    await page.locator('.faults .seen', { hasText: /^seen \d/ }).nth(1).waitFor(WAIT);
    await page.waitForTimeout(3000);
    await page.locator('#chart-throughput summary').click();
    await page.locator('#chart-throughput tbody tr').first().waitFor(WAIT);
    await page.locator('#chart-throughput summary').click();
    await audit('made-up-load');

    await page.locator('#end-load').click();
    await Promise.all(windows.map((window) => window.page.locator('#verdict-badge', { hasText: 'FAILED' }).waitFor(WAIT)));
    await audit('made-up-failed');
    await dashboard.close();
    await page.locator('#connection', { hasText: 'has ended' }).waitFor(WAIT);
    return findings;
  } finally {
    await dashboard.close();
    await Promise.all(windows.map((window) => window.page.close()));
  }
}
