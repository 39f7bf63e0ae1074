import { deferred } from '../retry/deferred';
import { backoff, type CheckedLogWorkerOptions, checkedOptions, type LogWorkerOptions } from './log-worker-options';
import { WorkerSession } from './worker-session';

/**
 * A member of a group of readers that settles what is in its partitions.
 *
 * Each partition is done in its order, batch by batch, several partitions at once. Only what is done is committed, so a record is delivered until it
 * is done, and perhaps once more. Where a batch is done in part, its partition goes back to the first record that is not and waits, longer each time,
 * while the others go on. No more is read while too much is in hand. It joins again when its membership ends.
 */
export class LogWorker {
  private readonly options: CheckedLogWorkerOptions;
  private session?: WorkerSession;
  private running?: Promise<void>;
  private isDraining = false;
  private readonly draining = deferred();

  /** @throws RangeError when an option is out of its range */
  public constructor(options: LogWorkerOptions) {
    this.options = checkedOptions(options);
  }

  /** Whether it is a member of its group and knows its partitions, which may be none. False once it is drained. */
  public get isReady(): boolean {
    return this.session?.isReady === true;
  }

  /** False when a batch has been under way for so long that only a new process helps. */
  public get isAlive(): boolean {
    const since = this.session?.busySince;
    return since === undefined || this.options.clock.now() - since < this.options.stuckMilliseconds;
  }

  /** By partition that it holds, how many records are in the log and not done, as of the last read. */
  public get lag(): ReadonlyMap<number, number> {
    return this.session?.lag ?? new Map<number, number>();
  }

  /** Records read and not done. */
  public get inFlight(): number {
    return this.session?.inFlight ?? 0;
  }

  /** Works until it is drained. */
  public run(): Promise<void> {
    this.running ??= this.work();
    return this.running;
  }

  /** Ends in order: no batch begins, those under way end and are committed, and the group is left so that others take over at once. */
  public async drain(): Promise<void> {
    this.isDraining = true;
    this.draining.resolve();
    this.session?.stop();
    await this.running;
  }

  /** Contributes the lag to the metrics: the sum over the partitions that are held. */
  public observeLag(): void {
    let sum = 0;
    this.lag.forEach((records) => { sum += records; });
    this.options.metrics.observe('RecordsBehind', sum);
  }

  private async work(): Promise<void> {
    for (let failures = 0; !this.isDraining;) {
      this.session = new WorkerSession(this.options);
      const begunAt = this.options.clock.now();
      try {
        await this.session.run();
      } catch (error) {
        failures = this.options.clock.now() - begunAt > this.options.maximumBackoffMilliseconds ? 1 : failures + 1;
        this.options.logger.sample('error', 'the membership of the group ended', { error });
        await Promise.race([this.options.clock.sleep(backoff(this.options, failures)), this.draining.promise]);
      }
    }
  }
}
