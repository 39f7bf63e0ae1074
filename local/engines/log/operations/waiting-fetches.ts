import type { Clock } from '../../../event-sources/clock';
import type { PartitionLog } from '../partition/partition-log';

/** A fetch that waits for records. */
interface WaitingFetch {
  readonly logs: readonly PartitionLog[];
  /** Whether there is enough now. It is over then. */
  readonly attempt: () => boolean;
  cancelTimer: () => void;
}

/** Fetches for which there were too few records, until there are enough or they have waited long enough. */
export class WaitingFetches {
  private readonly byLog = new Map<PartitionLog, Set<WaitingFetch>>();

  constructor(private readonly clock: Clock) {}

  /**
   * Waits for partitions to grow.
   *
   * @param attempt asked each time they have grown; what waits is over when it answers true
   * @param give answers with whatever there is
   */
  wait(logs: readonly PartitionLog[], milliseconds: number, attempt: () => boolean, give: () => void): void {
    const waiting: WaitingFetch = {
      logs,
      attempt,
      cancelTimer: this.clock.setTimer(() => {
        this.end(waiting);
        give();
      }, milliseconds),
    };
    logs.forEach((log) => {
      const others = this.byLog.get(log);
      if (others === undefined) {
        this.byLog.set(log, new Set([waiting]));
      } else {
        others.add(waiting);
      }
    });
  }

  /** Tells that partitions have grown, once all of them have. */
  grown(logs: Iterable<PartitionLog>): void {
    const concerned = new Set<WaitingFetch>();
    for (const log of logs) {
      this.byLog.get(log)?.forEach((waiting) => concerned.add(waiting));
    }
    concerned.forEach((waiting) => {
      if (waiting.attempt()) {
        this.end(waiting);
      }
    });
  }

  /** Forgets all that wait. */
  close(): void {
    this.byLog.forEach((all) => all.forEach(({ cancelTimer }) => cancelTimer()));
    this.byLog.clear();
  }

  private end(waiting: WaitingFetch): void {
    waiting.cancelTimer();
    waiting.logs.forEach((log) => this.byLog.get(log)?.delete(waiting));
  }
}
