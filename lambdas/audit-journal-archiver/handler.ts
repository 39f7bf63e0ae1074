import type { JournalRun } from '../runtime/archive/journal-archiver';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import type { Clock } from '../runtime/retry/clock';

/** What a schedule says. */
export interface JournalArchiverEvent {
  /** Name of the database whose entries are archived: `shard-1`, `shard-2`, …, in the order of DATABASE_WRITERS. */
  readonly shard: string;
}

export interface JournalArchiverPorts {
  /** Archivers by the name of their database. */
  readonly archivers: ReadonlyMap<string, { run(deadline?: number): Promise<JournalRun> }>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type JournalArchiverHandler = (event: JournalArchiverEvent, context: RemainingTime) => Promise<JournalRun>;

/**
 * Handles a schedule that has come: archives what is there of one database. What is left when its time is over the next one takes; one that comes
 * while another is at it does nothing.
 *
 * @throws Error (when invoked) if there is no such database, or the archive cannot be gone on with
 */
export function createJournalArchiverHandler({ archivers, clock, logger, metrics }: JournalArchiverPorts): JournalArchiverHandler {
  return async ({ shard }, context) => {
    const archiver = archivers.get(shard);
    if (archiver === undefined) {
      throw new Error(`\`shard\` must be one of ${[...archivers.keys()].join(', ')}, got: ${shard}`);
    }
    try {
      const run = await archiver.run(invocationDeadline(context, clock.now()));
      logger.debug('archived', { shard, ...run });
      return run;
    } finally {
      metrics.flush();
    }
  };
}
