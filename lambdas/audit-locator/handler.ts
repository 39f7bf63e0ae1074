import type { S3Event, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ArchiveFormatError, unpackChanges } from '../runtime/archive/archived-change';
import { parseManifestKey } from '../runtime/archive/archive-keys';
import { parseManifest, sha256 } from '../runtime/archive/manifest';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import type { ObjectStore } from '../runtime/aws/object-store';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import type { Clock } from '../runtime/retry/clock';
import { LocatorRows } from './locate';
import type { LocatorTable } from './locator-table';

export interface AuditLocatorPorts {
  /** The archive. */
  readonly objects: Pick<ObjectStore, 'get'>;
  readonly locators: LocatorTable;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface AuditLocatorOptions {
  /** Rows that are written at once. @default 64 */
  readonly concurrency?: number;
  /** Objects that are read and unpacked at once. @default 2 */
  readonly objectConcurrency?: number;
}

export type AuditLocatorHandler = (event: SQSEvent, context: RemainingTime) => Promise<SQSBatchResponse>;

/**
 * Handles the queue of new manifests: notes for each merchant's bucket and minute which objects hold its changes. Its event source mapping must
 * report batch item failures.
 *
 * It takes its objects from manifests, not from the objects' own notifications: an object that no manifest names is no part of the archive. A row
 * is written once for all manifests of a batch. Everything may be repeated; a message fails with any of its rows.
 */
export function createAuditLocatorHandler(ports: AuditLocatorPorts, options: AuditLocatorOptions = {}): AuditLocatorHandler {
  const { concurrency = 64, objectConcurrency = 2 } = options;
  const { objects, locators, metrics, logger, clock } = ports;

  const locate = async (record: SQSRecord, rows: LocatorRows, deadline: number): Promise<void> => {
    for (const key of manifestKeys(record.body)) {
      const manifest = parseManifest((await existing(objects, key, deadline)).toString('utf8'));
      const object = await existing(objects, manifest.object.key, deadline);
      if (sha256(object) !== manifest.object.sha256) {
        throw new ArchiveFormatError(`${manifest.object.key} is not what its manifest says`);
      }
      const { changes } = unpackChanges(object);
      rows.add(record.messageId, manifest.object.key, changes);
      metrics.count('ObjectsLocated');
      metrics.observe('LocatorLag', clock.now() - manifest.lastAt * 1_000);
    }
  };

  return async ({ Records: records }, context) => {
    const deadline = invocationDeadline(context, clock.now());
    const failed = new Set<string>();
    const rows = new LocatorRows();
    await forEachConcurrently(records, objectConcurrency, async (record) => {
      try {
        await locate(record, rows, deadline);
      } catch (error) {
        failed.add(record.messageId);
        logger.sample('error', 'a manifest could not be read', { error });
      }
    });
    await forEachConcurrently(rows.all(), concurrency, async ({ locator, sources }) => {
      try {
        if (clock.now() >= deadline) {
          throw new Error('the invocation ends before all rows are written');
        }
        await locators.add(locator);
        metrics.count('LocatorsWritten');
      } catch (error) {
        sources.forEach((messageId) => failed.add(messageId));
        logger.sample('error', 'a locator could not be written', { error });
      }
    });
    metrics.count('RecordsLeftForRetry', failed.size);
    metrics.flush();
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Keys of the manifests that a notification tells of; none for the test that S3 sends when notifications are switched on. */
function manifestKeys(body: string): string[] {
  const { Records: records = [] } = JSON.parse(body) as Partial<S3Event>;
  // S3 writes keys as a form does.
  return records.map(({ s3 }) => decodeURIComponent(s3.object.key.replace(/\+/g, ' '))).filter((key) => parseManifestKey(key) !== undefined);
}

async function existing(objects: Pick<ObjectStore, 'get'>, key: string, deadline: number): Promise<Buffer> {
  const object = await objects.get(key, { deadline });
  if (object === undefined) {
    throw new Error(`there is no ${key}`);
  }
  return object;
}
