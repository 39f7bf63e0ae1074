import { spawn } from 'node:child_process';
import type { KinesisStreamEvent } from 'aws-lambda';
import * as path from 'node:path';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { spread } from '../harness/rounds';
import { aggregatedEvents, newPayments } from '../runtime/payments';
import { AwsStub } from './aws-stub';
import { compileRuntime, lambdaNodeOptions, WORKER_BUNDLE, WORKER_MEMORY_MIB, workerEnvironment } from './worker-process';

/** One payment in fifty is a refund of another. */
const PAYMENTS_PER_REFUND = 50;

/** How the memory of a process went, in MB (10^6 bytes). */
export interface MemoryCourse {
  readonly largest: number;
  /** Medians of the two halves. */
  readonly firstHalf: number;
  readonly secondHalf: number;
  /** By how much it grows in a thousand batches, by the best line through the second half. */
  readonly growthPerThousand: number;
}

/**
 * Runs the deployed worker over batches made on the fly.
 *
 * @param batches at least 4
 * @param folder for what is compiled
 * @throws Error when the worker leaves anything for another delivery, or does not take in what it was given
 */
export async function workerMemory(batches: number, batchSize: number, folder: string, onBatch: (batch: number) => void): Promise<MemoryCourse> {
  const resident: number[] = [];
  let refunds = 0;
  let defect: string | undefined;
  const nextEvent = (): KinesisStreamEvent | undefined => {
    if (resident.length === batches || defect !== undefined) {
      return undefined;
    }
    const records = newPayments(batchSize).map((payment, index) => (index % PAYMENTS_PER_REFUND === 1 ? refundOf(payment) : payment));
    refunds += records.filter(({ type }) => type === 'refund').length;
    return aggregatedEvents(records, batchSize)[0];
  };
  const onAnswer = (answer: unknown, bytes: number): void => {
    const { batchItemFailures: failures } = answer as { readonly batchItemFailures: readonly unknown[] };
    defect ??= failures.length > 0 ? 'the worker left payments for another delivery' : undefined;
    resident.push(bytes / 1e6);
    onBatch(resident.length);
  };
  const stub = await AwsStub.start({ nextEvent, onAnswer });
  try {
    const runtime = path.join(folder, 'lambda-runtime.js');
    compileRuntime(runtime);
    await ended([...lambdaNodeOptions(WORKER_MEMORY_MIB), runtime, WORKER_BUNDLE], workerEnvironment(stub.address));
    const { statements, transactions } = stub.taken;
    if (statements !== batches * batchSize - refunds || transactions !== refunds) {
      defect ??= `of ${batches * batchSize} payments ${statements} were inserted, of ${refunds} refunds ${transactions} were made`;
    }
  } finally {
    stub.stop();
  }
  if (defect !== undefined) {
    throw new Error(defect);
  }
  return course(resident);
}

function refundOf(payment: PaymentRecord): PaymentRecord {
  return { ...payment, type: 'refund', refundOf: `${payment.idempotencyKey}-paid` };
}

/** @param resident memory after each batch */
export function course(resident: readonly number[]): MemoryCourse {
  const middle = Math.floor(resident.length / 2);
  const [first, second] = [resident.slice(0, middle), resident.slice(middle)];
  return {
    largest: Math.max(...resident), firstHalf: spread(first).median, secondHalf: spread(second).median, growthPerThousand: 1_000 * slope(second),
  };
}

/** Slope of the line of least squares through values at 0, 1, 2 and so on. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let products = 0;
  let squares = 0;
  values.forEach((value, index) => {
    products += (index - middle) * (value - mean);
    squares += (index - middle) ** 2;
  });
  return products / squares;
}

/** Runs Node.js until it ends. What the worker prints is not shown. */
function ended(words: readonly string[], environment: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(`the worker ended with ${signal ?? code}`))));
  });
}
