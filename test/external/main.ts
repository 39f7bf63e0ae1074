import { parseArgs } from 'node:util';
import { cfnLint } from './cfn-lint';
import { costPageCheck } from './cost-page-check';
import type { ExternalCheck, ExternalResult } from './external-check';
import { fraudConnector } from './flink/connector-check';
import { fraudRules } from './flink/flink-check';
import { gatewayCheck } from './gateway-check';
import { kafkaContract } from './kafka/contract-check';
import { FEW_PAYMENTS, kafkaPayments } from './kafka/payments-check';
import { pageCheck } from './page-check';
import { redisCheck } from './redis';
import { inLanes, lanesOfThisMachine } from '../support/lanes';
import { root } from '../house/source-files';

/**
 * Checks that need more than Node: each says whether it ran, or why it could not.
 *
 * Run by `npm run test:external`. `-- --only TEXT` runs the checks whose name contains it; `-- --payments N` sends as many over Apache Kafka.
 */

async function main(): Promise<number> {
  const { values: { only, payments } } = parseArgs({
    options: { only: { type: 'string', default: '' }, payments: { type: 'string', default: String(FEW_PAYMENTS) } },
  });
  if (!/^[1-9]\d{0,7}$/.test(payments)) {
    process.stderr.write(`\`--payments\` must be between 1 and 99999999, got: ${payments}\n`);
    return 2;
  }
  const checks: readonly ExternalCheck[] = [
    cfnLint, pageCheck, costPageCheck, fraudRules, fraudConnector, redisCheck, gatewayCheck, kafkaContract, kafkaPayments(Number(payments)),
  ].filter(({ name }) => name.includes(only));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  process.chdir(root);
  await inLanes(lanesOfThisMachine(), checks, async (check) => {
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
