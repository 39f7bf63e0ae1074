import { cfnLint } from './cfn-lint';
import type { ExternalCheck } from './external-check';
import { fraudConnector } from './flink/connector-check';
import { fraudRules } from './flink/flink-check';
import { pageCheck } from './page-check';
import { redisCheck } from './redis';

/**
 * Checks that need more than Node: each says whether it ran, or why it could not.
 *
 * Run by `npm run test:external`.
 */

const CHECKS: readonly ExternalCheck[] = [cfnLint, pageCheck, fraudRules, fraudConnector, redisCheck];

async function main(): Promise<number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const check of CHECKS) {
    const result = await check.run();
    counts[result.status]++;
    process.stdout.write(`${result.status.padEnd(7)}  ${check.name}: ${result.detail}\n`);
  }
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  return counts.failed === 0 ? 0 : 1;
}

void main().then((code) => process.exit(code));
