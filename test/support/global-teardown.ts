import * as fs from 'node:fs';

/** Takes away what the tests left in their temporary folder. */
export default function globalTeardown(): void {
  const folder = process.env.TMPDIR;
  if (folder?.includes('cht-tests-')) {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
