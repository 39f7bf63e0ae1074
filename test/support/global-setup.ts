import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { bundleLambdas } from '../../lambdas/bundle';
import { compiledSources } from './compiled-sources';

/**
 * Constructs refer to the bundled handlers, and tests start the compiled sources: both must be there before the first test.
 *
 * Every `App` of the CDK writes to a temporary folder that nobody takes away. So the tests have a temporary folder of their own, which
 * `global-teardown.ts` removes with all that is in it.
 */
export default async function globalSetup(): Promise<void> {
  await bundleLambdas();
  compiledSources();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-tests-'));
  // Engines that refuse to run as root run as another user, who has to get through.
  fs.chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
}
