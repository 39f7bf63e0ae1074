import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { root } from '../house/source-files';
import { synthesizeForVerification } from '../support/verified-assembly';
import { auditPage } from './page-audit';
import { openWindows, takePictures } from './page-windows';

/** The load outlasts the check, which ends it from the page. */
const OPTIONS = ['--rate', '200', '--seconds', '1800', '--keep'];
/** A cold start on a busy machine, in milliseconds. */
const START_MILLISECONDS = 240_000;
const WAIT = { timeout: 60_000 };
/** Longer than a queue hides what a killed function had received: only then has everything settled. */
const VERDICT_WAIT = { timeout: 600_000 };

/** Opens the page of a real run, breaks something, and waits for the verdict. @returns findings. */
export async function checkRealRun(browser: Browser): Promise<string[]> {
  const findings: string[] = [];
  const assembly = await synthesizeForVerification();
  const run = new RunProcess(assembly.folder);
  try {
    const windows = await openWindows(browser, await run.url(), (text) => findings.push(text));
    const [{ page }] = windows;
    await page.locator('#phase', { hasText: 'load' }).waitFor(WAIT);
    await numbersMove(page);

    await page.locator('#value-kill-worker').fill('1');
    await page.locator('#fault-kill-worker').click();
    await page.locator('#fault-kill-worker[aria-checked="true"]').waitFor(WAIT);
    await page.locator('#log li.fault', { hasText: 'Kill a worker' }).first().waitFor(WAIT);
    const kills = page.locator('#faults li', { has: page.locator('#fault-kill-worker') }).locator('.seen');
    await grown(page, kills, await grown(page, kills, 0));
    await page.locator('#halve').click();
    await page.locator('#rate-figure', { hasText: /^100$/ }).waitFor(WAIT);
    for (const window of windows) {
      findings.push(...(await auditPage(window.page)).map((finding) => `run, ${window.name}: ${finding}`));
    }
    await takePictures(windows, 'run-load');
    await page.locator('#fault-kill-worker[aria-checked="true"]').click();
    await page.locator('#fault-kill-worker[aria-checked="false"]').waitFor(WAIT);

    await page.locator('#end-load').click();
    await page.locator('#verdict-badge', { hasText: /OK|FAILED/ }).waitFor(VERDICT_WAIT);
    const zeroes = await page.locator('.zero .figure').allTextContents();
    if (zeroes.join(' ') !== '0 0 0' || await page.locator('#verdict-badge').textContent() !== 'OK') {
      findings.push(`the page shows lost, doubled, out of balance as ${zeroes.join(', ')}`);
    }
    await takePictures(windows, 'run-verdict');
    const exitCode = await run.interrupt();
    await page.locator('#connection', { hasText: 'has ended' }).waitFor(WAIT);
    return exitCode === 0 ? findings : [...findings, `the run ended with exit code ${exitCode}`];
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${run.lastOutput}`, { cause: error });
  } finally {
    run.kill();
    assembly.dispose();
  }
}

/** Waits until figures of the page have grown, twice. */
async function numbersMove(page: Page): Promise<void> {
  const settled = page.locator('#settled');
  await grown(page, settled, await grown(page, settled, 0));
  for (const chart of ['throughput', 'accept', 'settle', 'lag']) {
    await page.locator(`#chart-${chart} canvas`).waitFor(WAIT);
    await grown(page, page.locator(`#chart-${chart} dd`).nth(1), 0);
  }
}

/** Waits until a text holds a larger number. @returns that number. */
async function grown(page: Page, text: Locator, least: number): Promise<number> {
  let last = '';
  for (const deadline = Date.now() + WAIT.timeout; Date.now() < deadline; await page.waitForTimeout(200)) {
    last = (await text.textContent()) ?? '';
    const number = Number(/[\d,]+/.exec(last)?.[0].replace(/,/g, '') ?? 0);
    if (number > least) {
      return number;
    }
  }
  throw new Error(`${text} never showed more than ${least}, but "${last}".`);
}

/** `cht run` as a person starts it. */
class RunProcess {
  private readonly child: ChildProcess;
  private readonly exit: Promise<number | null>;
  private output = '';

  constructor(assembly: string) {
    this.child = spawn(process.execPath, [path.join(root, 'bin', 'cht.js'), 'run', assembly, ...OPTIONS], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (part: Buffer) => (this.output += part.toString('utf8')));
    this.child.stderr!.on('data', (part: Buffer) => (this.output += part.toString('utf8')));
    this.exit = new Promise((resolve) => this.child.on('exit', resolve));
  }

  get lastOutput(): string {
    return this.output.split('\n').slice(-15).join('\n');
  }

  /** The address that the run prints. */
  async url(): Promise<string> {
    for (const deadline = Date.now() + START_MILLISECONDS; Date.now() < deadline && this.child.exitCode === null;) {
      const url = /Live page: (http\S+)/.exec(this.output)?.[1];
      if (url !== undefined) {
        return url;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('The run printed no address of a live page.');
  }

  /** Ctrl-C, which in a terminal reaches the whole process group. @returns the exit code. */
  interrupt(): Promise<number | null> {
    process.kill(-this.child.pid!, 'SIGINT');
    return this.exit;
  }

  /** Ends what is left of it. */
  kill(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      process.kill(-this.child.pid!, 'SIGKILL');
    }
  }
}
