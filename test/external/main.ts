import { cfnLint } from './cfn-lint';
import { costPageCheck } from './cost-page-check';
import type { ExternalCheck, ExternalResult } from './external-check';
import { fraudConnector } from './flink/connector-check';
import { fraudRules } from './flink/flink-check';
import { pageCheck } from './page-check';
import { redisCheck } from './redis';
import { inLanes, lanesOfThisMachine } from '../support/lanes';
import { root } from '../house/source-files';

/**
 * Checks that need more than Node: each says whether it ran, or why it could not.
 *
 * Run by `npm run test:external`.
 */

const CHECKS: readonly ExternalCheck[] = [cfnLint, pageCheck, costPageCheck, fraudRules, fraudConnector, redisCheck];

async function main(): Promise<number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  process.chdir(root);
  await inLanes(lanesOfThisMachine(), CHECKS, async (check) => {
    const { status, detail } = await resultOf(check);
    counts[status]++;
    process.stdout.write(`${status.padEnd(7)}  ${check.name}: ${detail}\n`);
  });
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  return counts.failed === 0 ? 0 : 1;
}

/** A check that breaks off says so, and the others go on. */
async function resultOf(check: ExternalCheck): Promise<ExternalResult> {
  try {
    return await check.run();
  } catch (error) {
    return { status: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

void main().then((code) => process.exit(code));
