import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { createPaymentWorkerHandler } from '../../lambdas/payment-worker/handler';
import { createRefundWorkerHandler } from '../../lambdas/refund-worker/handler';
import { AggregateBuilder } from '../../lambdas/runtime/aggregate/kpl-aggregate';
import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { SqsRefundQueue } from '../../lambdas/runtime/batch/waiting-records';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import type { StreamRecord } from '../../lambdas/runtime/payment/movement';
import { decodePaymentRecord, encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';
import { RetryPolicy } from '../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';

/** What of one version is run: how its API writes records, and its workers down to the calls that leave the process. */
export interface WorkerVersion {
  readonly encodePaymentRecord: typeof encodePaymentRecord;
  readonly decodePaymentRecord: typeof decodePaymentRecord;
  readonly AggregateBuilder: typeof AggregateBuilder;
  readonly createPaymentWorkerHandler: typeof createPaymentWorkerHandler;
  readonly createRefundWorkerHandler: typeof createRefundWorkerHandler;
  readonly DynamoDbLedger: typeof DynamoDbLedger;
  readonly DynamoDbParking: typeof DynamoDbParking;
  readonly SqsRefundQueue: typeof SqsRefundQueue;
  readonly ShardDirectory: typeof ShardDirectory;
  readonly RetryPolicy: typeof RetryPolicy;
  readonly AwsServiceError: typeof AwsServiceError;
}

/** The version in this tree. */
export const TODAY: WorkerVersion = {
  encodePaymentRecord, decodePaymentRecord, AggregateBuilder, createPaymentWorkerHandler, createRefundWorkerHandler, DynamoDbLedger, DynamoDbParking,
  SqsRefundQueue, ShardDirectory, RetryPolicy, AwsServiceError,
};

/** Modules of a version that its workers are bundled from; of several names of a module the first that is there counts. */
export const MODULES: Readonly<Record<keyof WorkerVersion, readonly string[]>> = {
  encodePaymentRecord: ['runtime/payment/payment-codec'],
  decodePaymentRecord: ['runtime/payment/payment-codec'],
  AggregateBuilder: ['runtime/aggregate/kpl-aggregate'],
  createPaymentWorkerHandler: ['payment-worker/handler'],
  createRefundWorkerHandler: ['refund-worker/handler'],
  DynamoDbLedger: ['runtime/ledger/dynamodb-ledger'],
  DynamoDbParking: ['runtime/parking/dynamodb-parking'],
  SqsRefundQueue: ['runtime/batch/waiting-records', 'runtime/batch/waiting-refunds'],
  ShardDirectory: ['runtime/sharding/shard-directory'],
  RetryPolicy: ['runtime/retry/retry'],
  AwsServiceError: ['runtime/aws/errors'],
};

/** What a version left behind: records as its API wrote them, and what its own workers made of them. */
export interface GoldenRecords {
  readonly commit: string;
  /** When that was committed, ISO 8601. */
  readonly committedAt: string;
  /** Stream records in base64. */
  readonly stream: readonly string[];
  /** What is in them, as that version reads it. */
  readonly contents: readonly StreamRecord[];
  /** Rows of the ledger, in the order of their keys. */
  readonly rows: readonly Item[];
  /** Items of the parking table, in the order of their keys. */
  readonly parked: readonly Item[];
  /** Messages of the delay queue that were sent, in the order of their texts. */
  readonly waiting: readonly string[];
}

/** An earlier version, with what it left behind. */
export interface EarlierVersion {
  readonly name: string;
  readonly version: WorkerVersion;
  readonly golden: GoldenRecords;
}

/** The versions that are kept beside this file, the oldest first. */
export function earlierVersions(): EarlierVersion[] {
  const load = createRequire(__filename);
  return fs.readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => ({
    name,
    version: load(path.join(__dirname, name, 'worker.js')) as WorkerVersion,
    golden: JSON.parse(fs.readFileSync(path.join(__dirname, name, 'records.json'), 'utf8')) as GoldenRecords,
  })).sort((left, right) => left.golden.committedAt.localeCompare(right.golden.committedAt));
}
