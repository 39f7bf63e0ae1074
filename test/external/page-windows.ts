import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { root } from '../house/source-files';

/** Where the pictures of the page go. */
export const SCREENSHOT_FOLDER = path.join(root, '.local', 'screenshots');

/** The windows in which the page is looked at. */
const WINDOWS = [
  { name: 'light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  { name: 'narrow', viewport: { width: 360, height: 780 }, colorScheme: 'light' },
  { name: 'narrow-dark', viewport: { width: 360, height: 780 }, colorScheme: 'dark' },
  { name: 'wide', viewport: { width: 1920, height: 1080 }, colorScheme: 'light' },
] as const;

export interface PageWindow {
  readonly name: string;
  readonly page: Page;
}

/** Opens a page in every window. */
export async function openWindows(browser: Browser, url: string, onTrouble: (text: string) => void): Promise<PageWindow[]> {
  return Promise.all(WINDOWS.map(async ({ name, ...options }) => {
    const page = await browser.newPage(options);
    page.on('pageerror', (error) => onTrouble(`${name}: ${error.message}`));
    page.on('console', (message) => onTrouble(`${name}: ${message.text()}`));
    page.on('request', (request) => new URL(request.url()).host === new URL(url).host || onTrouble(`${name}: the page asks ${request.url()}`));
    await page.goto(url);
    return { name, page };
  }));
}

/** Saves what each window shows, and all of the page below it. */
export async function takePictures(windows: readonly PageWindow[], moment: string): Promise<void> {
  fs.mkdirSync(SCREENSHOT_FOLDER, { recursive: true });
  for (const { name, page } of windows) {
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: path.join(SCREENSHOT_FOLDER, `${moment}-${name}.png`) });
    await page.screenshot({ path: path.join(SCREENSHOT_FOLDER, `${moment}-${name}-whole.png`), fullPage: true });
  }
}
