import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Page } from 'playwright-core';

const CONTRAST_SCRIPT = fs.readFileSync(path.join(__dirname, 'page-contrast.js'), 'utf8');

/** Roles of what a person can operate, as the accessibility tree names them. */
const OPERABLE = /^\s*- (button|switch|slider|spinbutton|link|textbox|checkbox)(?: "([^"]*)")?/;

/**
 * What a look at a page cannot overlook: text that is too faint, controls without a name, and anything wider than the window.
 *
 * @returns findings in words; none where all is well.
 */
export async function auditPage(page: Page): Promise<string[]> {
  return [...await page.evaluate<string[]>(CONTRAST_SCRIPT), ...await overflow(page), ...await namelessControls(page)];
}

async function overflow(page: Page): Promise<string[]> {
  const content = await page.evaluate<number>('document.documentElement.scrollWidth');
  const window = await page.evaluate<number>('document.documentElement.clientWidth');
  return content > window ? [`the page is ${content} px wide in a window of ${window} px`] : [];
}

/** Controls that a screen reader cannot name. */
async function namelessControls(page: Page): Promise<string[]> {
  const tree = await page.locator('body').ariaSnapshot();
  const controls = tree.split('\n').map((line) => OPERABLE.exec(line)).filter((match) => match !== null);
  const nameless = controls.filter(([, , name]) => !name).map(([line]) => `a control has no name: ${line.trim()}`);
  return controls.length === 0 ? ['the accessibility tree has no controls'] : nameless;
}
