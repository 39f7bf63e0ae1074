import type { S3Event } from 'aws-lambda';
import { ArchiveFormatError, unpackChanges } from '../runtime/archive/archived-change';
import { parseManifestKey } from '../runtime/archive/archive-keys';
import { parseManifest, sha256 } from '../runtime/archive/manifest';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import type { ObjectStore } from '../runtime/aws/object-store';
import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { type QueueSource, queueSource } from '../runtime/batch/sources/queue-source';
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

export type AuditLocatorHandler = BatchHandler<QueueSource>;

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

  const locate = async (keys: readonly string[], source: string, rows: LocatorRows, deadline: number): Promise<void> => {
    for (const key of keys) {
      const manifest = parseManifest((await existing(objects, key, deadline)).toString('utf8'));
      const object = await existing(objects, manifest.object.key, deadline);
      if (sha256(object) !== manifest.object.sha256) {
        throw new ArchiveFormatError(`${manifest.object.key} is not what its manifest says`);
      }
      const { changes } = unpackChanges(object);
      rows.add(source, manifest.object.key, changes);
      metrics.count('ObjectsLocated');
      metrics.observe('LocatorLag', clock.now() - manifest.lastAt * 1_000);
    }
  };

  return new BatchProcessor({
    source: queueSource(),
    decode: manifestKeys,
    metrics,
    logger,
    clock,
    failureMessage: 'a notification of manifests could not be handled',
    bulkEffect: async (items, { deadline }) => {
      const failed = new Map<string, Error>();
      const rows = new LocatorRows();
      await forEachConcurrently(items, objectConcurrency, async ({ content, record: { native: { messageId } } }) => {
        await locate(content, messageId, rows, deadline)
          .catch((error: unknown) => failed.set(messageId, new Error('a manifest could not be read', { cause: error })));
      });
      await forEachConcurrently(rows.all(), concurrency, async ({ locator, sources }) => {
        try {
          if (clock.now() >= deadline) {
            throw new Error('the invocation ends before all rows are written');
          }
          await locators.add(locator);
          metrics.count('LocatorsWritten');
        } catch (error) {
          const failure = new Error('a locator could not be written', { cause: error });
          sources.forEach((messageId) => failed.set(messageId, failure));
        }
      });
      return items.map(({ record }) => failed.get(record.native.messageId));
    },
  }).handler;
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
