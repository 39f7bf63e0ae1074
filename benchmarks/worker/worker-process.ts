import { buildSync } from 'esbuild';
import * as path from 'node:path';

const root = path.join(__dirname, '..', '..');

/** The worker's bundle, as it is deployed. */
export const WORKER_BUNDLE = path.join(root, 'assets', 'payment-worker', 'index.js');

/** Memory that the reference gives its worker, in MiB. */
export const WORKER_MEMORY_MIB = 512;

/**
 * Options of Node.js that AWS starts a function with: a tenth of its memory is for new objects, the rest for old ones.
 *
 * Source: `/var/runtime/bootstrap` of `public.ecr.aws/lambda/nodejs`. Its `--expose-gc` is left out: nobody calls the collector here.
 */
export function lambdaNodeOptions(memoryMib: number): string[] {
  const newSpace = Math.floor(memoryMib / 10);
  return [`--max-semi-space-size=${Math.floor(newSpace / 2)}`, `--max-old-space-size=${memoryMib - newSpace}`];
}

/** What the reference's worker is told, with every service at one address. Nothing of this machine's environment comes along. */
export function workerEnvironment(address: string): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: 'payment-worker',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(WORKER_MEMORY_MIB),
    AWS_LAMBDA_RUNTIME_API: address,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: `http://${address}`,
    LEDGER_TABLES: 'ledger',
    LEDGER_BUCKETS: '{"default":32,"merchants":{}}',
    PARKING_TABLE: 'parking',
    REFUND_QUEUE_URL: `http://${address}/queue`,
  };
}

/** Compiles the module around the handler to a file that plain Node.js runs: what compiles on the fly would hold memory of its own. */
export function compileRuntime(outfile: string): void {
  buildSync({
    entryPoints: [path.join(__dirname, 'lambda-runtime.ts')], outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning',
  });
}
