import type { FaultTimer } from './fault-timer';
import type { FaultedParts } from './faulted-parts';
import type { KillMoment } from './targets';
import type { FaultName } from './vocabulary';

/** The limit of a throttled table follows from the writes of as many seconds before. */
const THROTTLE_AFTER_SECONDS = 5;
const THROTTLE_SECONDS = 5;
const THROTTLE_PERIOD_SECONDS = 15;
const UNREADABLE_PERIOD_SECONDS = 2;

/** What each fault does to the parts of a run, and counts of what was done. */
export class FaultEffects {
  /** Records of random bytes that the stream took. */
  unreadable = 0;
  /** Splits and merges that were done. */
  resharded = 0;
  /** Caches that were ended. */
  killedCaches = 0;
  /** Database servers that were ended. */
  restartedDatabases = 0;

  private readonly moments: { [fault in 'kill-worker' | 'kill-api']: KillMoment } = { 'kill-worker': 'inside', 'kill-api': 'inside' };

  /**
   * @param report is told what happens, for people
   * @param switchOff ends a fault that is over by itself
   */
  constructor(
    private readonly parts: FaultedParts,
    private readonly timer: FaultTimer,
    private readonly report: (fault: FaultName, text: string) => void,
    private readonly switchOff: (fault: FaultName) => Promise<void>,
  ) {}

  /**
   * Puts a fault on, or begins its strikes.
   *
   * @param value in the unit of the fault
   * @param now whether it waits for nothing: somebody watches
   * @param signal ends its schedule
   */
  async begin(name: FaultName, value: number, now: boolean, signal: AbortSignal): Promise<void> {
    const { parts } = this;
    const { targets } = parts;
    switch (name) {
      case 'kill-worker':
        return this.every(name, value, signal, async () => {
          const moment = this.nextMoment(name);
          await targets.armWorkerKill(moment);
          return moment === 'inside' ? 'kills the next invocation at a random moment' : 'kills the next invocation after its effects';
        });
      case 'kill-api':
        return this.every(name, value, signal, async () => {
          const moment = this.nextMoment(name);
          await targets.armApiKill(moment);
          return moment === 'inside' ? 'kills the next task that calls the stream, before its effect' : 'kills the next task that calls the stream, after its effect';
        });
      case 'throttle-table':
        return this.throttle(value, now ? 0 : THROTTLE_AFTER_SECONDS, signal);
      case 'reshard':
        return this.every(name, value, signal, async () => {
          const count = await targets.reshard();
          this.resharded += count;
          return `${count} split or merged`;
        });
      case 'roll-table-shards':
        return this.every(name, value, signal, async () => `${await targets.rollTableShards()} closed`);
      case 'lost-answers':
        parts.lostAnswers = value;
        return this.beginChance(name, value);
      case 'expire-iterators':
        parts.expiredIterators = value;
        return this.beginChance(name, value);
      case 'poison':
        return this.beginPoison(value, signal);
      case 'slow-handler':
        parts.slowHandlerMilliseconds = value;
        this.report(name, `on, ${value} ms`);
        return parts.tellEngine();
      case 'stream-unavailable':
        return this.beginOutage(value, now, signal);
      case 'kill-cache':
        return this.beginRestart(name, value, now, signal, async () => {
          const count = await targets.killCaches(value);
          this.killedCaches += count;
          return count;
        });
      case 'restart-database':
        return this.beginRestart(name, value, now, signal, async () => {
          const count = await targets.restartDatabases(value);
          this.restartedDatabases += count;
          return count;
        });
    }
  }

  /** Takes back what is on of a fault whose schedule has ended. */
  async end(name: FaultName): Promise<void> {
    const { parts } = this;
    switch (name) {
      case 'throttle-table':
        parts.throttleFactor = undefined;
        return parts.tellTables();
      case 'lost-answers':
        parts.lostAnswers = undefined;
        return this.tellBoth();
      case 'expire-iterators':
        parts.expiredIterators = undefined;
        return this.tellBoth();
      case 'poison':
        return parts.tell(() => parts.targets.load({ poisonShare: 0 }));
      case 'slow-handler':
        parts.slowHandlerMilliseconds = undefined;
        return parts.tellEngine();
      case 'stream-unavailable':
        parts.isStreamUnavailable = false;
        return parts.tellEngine();
      default:
        // The others are strikes: nothing is left of them that could end.
        return;
    }
  }

  private beginChance(name: FaultName, probability: number): Promise<void> {
    this.report(name, `on, with probability ${probability}`);
    return this.tellBoth();
  }

  private async tellBoth(): Promise<void> {
    await this.parts.tellTables();
    await this.parts.tellEngine();
  }

  private throttle(factor: number, afterSeconds: number, signal: AbortSignal): void {
    this.timer.after(afterSeconds, signal, async () => {
      this.parts.throttleFactor = factor;
      this.report('throttle-table', `on for ${THROTTLE_SECONDS} s, ${factor} of the writes before`);
      // Both times count from the beginning, whatever the telling takes.
      this.timer.after(THROTTLE_SECONDS, signal, async () => {
        this.parts.throttleFactor = undefined;
        this.report('throttle-table', `off for ${THROTTLE_PERIOD_SECONDS - THROTTLE_SECONDS} s`);
        await this.parts.tellTables();
      });
      this.throttle(factor, THROTTLE_PERIOD_SECONDS, signal);
      await this.parts.tellTables();
    });
  }

  private async beginPoison(share: number, signal: AbortSignal): Promise<void> {
    const { parts } = this;
    this.report('poison', `on, ${share} of the payments`);
    parts.refusesPoison = true;
    // The tables first: a poisoned payment must never find one that would store it.
    await parts.tellTables();
    await parts.tell(() => parts.targets.load({ poisonShare: signal.aborted ? 0 : share }));
    this.every('poison', UNREADABLE_PERIOD_SECONDS, signal, async () => {
      const count = await parts.targets.putUnreadable(1);
      this.unreadable += count;
      return `${count} of random bytes put into the stream`;
    });
  }

  private async beginOutage(seconds: number, now: boolean, signal: AbortSignal): Promise<void> {
    return this.timer.inMiddleThird('stream-unavailable', now, signal, async () => {
      this.parts.isStreamUnavailable = true;
      this.report('stream-unavailable', `on for ${seconds} s`);
      this.timer.after(seconds, signal, () => this.switchOff('stream-unavailable'));
      await this.parts.tellEngine();
    });
  }

  /** Ends parts that come back by themselves. */
  private async beginRestart(
    name: 'kill-cache' | 'restart-database', seconds: number, now: boolean, signal: AbortSignal, end: () => Promise<number>,
  ): Promise<void> {
    return this.timer.inMiddleThird(name, now, signal, () => this.parts.tell(async () => {
      this.report(name, `${await end()} ended, back in ${seconds} s`);
      this.timer.after(seconds, signal, () => this.switchOff(name));
    }));
  }

  private nextMoment(name: 'kill-worker' | 'kill-api'): KillMoment {
    const moment = this.moments[name];
    this.moments[name] = moment === 'inside' ? 'after-effects' : 'inside';
    return moment;
  }

  /** Strikes again and again, until the fault is over. */
  private every(name: FaultName, seconds: number, signal: AbortSignal, strike: () => Promise<string>): void {
    this.timer.every(name, seconds, signal, () => this.parts.tell(async () => {
      if (!signal.aborted) {
        this.report(name, await strike());
      }
    }));
  }
}
