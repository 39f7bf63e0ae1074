import * as path from 'node:path';
import { root } from '../house/source-files';
import { findChromium, launch } from './chromium';
import type { ExternalCheck, ExternalResult } from './external-check';
import { checkMadeUpRun } from './page-made-up';
import { checkRealRun } from './page-run';
import { SCREENSHOT_FOLDER } from './page-windows';

/** The live page in a real browser: over a made-up feed in five windows, and over a real run that is broken from the page. */
export const pageCheck: ExternalCheck = {
  name: 'live page',
  async run(): Promise<ExternalResult> {
    const program = await findChromium();
    if (program === undefined) {
      return { status: 'skipped', detail: 'there is no Chromium on the PATH, and the npm package with one cannot be installed here or does not start' };
    }
    const browser = await launch(program);
    try {
      const findings = [...await checkMadeUpRun(browser), ...await checkRealRun(browser)];
      return findings.length === 0
        ? {
          status: 'passed',
          detail: `numbers move, a fault strikes, the verdict shows (Chromium ${browser.version()}, ${program.origin}); `
            + `pictures in ${path.relative(root, SCREENSHOT_FOLDER)}`,
        }
        : { status: 'failed', detail: `\n${findings.map((finding) => `  - ${finding}`).join('\n')}` };
    } catch (error) {
      return { status: 'failed', detail: error instanceof Error ? error.message : String(error) };
    } finally {
      await browser.close();
    }
  },
};
