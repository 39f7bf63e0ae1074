import { type Clock, WallClock } from '../event-sources/clock';
import { SeededRandom } from '../random/seeded-random';
import { FaultedParts } from './faulted-parts';
import { checkFaultValue } from './settings';
import type { FaultTargets, KillMoment } from './targets';
import { faultNamed, FAULTS, type FaultName, type FaultSettings } from './vocabulary';

/** A fault began, struck or ended; for the log that people see. */
export interface FaultEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fault: FaultName;
  readonly text: string;
}

export interface FaultControllerProps {
  /** Faults that are on from the start. */
  readonly settings: FaultSettings;
  /** The moments of all faults follow from it. */
  readonly seed: number;
  readonly targets: FaultTargets;
  /** Names of the tables that cannot store a poisoned payment. */
  readonly ledgerTables: readonly string[];
  /** @default - events are not told */
  readonly onEvent?: (event: FaultEvent) => void;
  /** Length of the load in seconds: the outage of the stream falls into its middle third. @default 30 */
  readonly loadSeconds?: number;
  /** @default - the clock on the wall */
  readonly clock?: Clock;
}

const DEFAULT_LOAD_SECONDS = 30;
/** Keeps the moments of the faults apart from what the load and the engines draw from the same seed. */
const SEED_OFFSET = 1_000;
/** The limit of a throttled table follows from the writes of as many seconds before. */
const THROTTLE_AFTER_SECONDS = 5;
const THROTTLE_SECONDS = 5;
const THROTTLE_PERIOD_SECONDS = 15;
const UNREADABLE_PERIOD_SECONDS = 2;

/**
 * Keeps the schedule of the faults of one run: tells the parts when each begins, strikes and ends. It owns no process.
 *
 * The changes of one fault happen one after the other, and one that was overtaken by a later one, or by the end, does not begin any more.
 */
export class FaultController {
  private readonly clock: Clock;
  private readonly randoms: ReadonlyMap<FaultName, SeededRandom>;
  private readonly parts: FaultedParts;
  private readonly values = new Map<FaultName, number>();
  /** Ends the schedule of a fault; it is there from the moment at which the fault is wanted. */
  private readonly schedules = new Map<FaultName, AbortController>();
  /** Faults that began and did not end. */
  private readonly begun = new Set<FaultName>();
  /** The last change of each fault; it never rejects. */
  private readonly changes = new Map<FaultName, Promise<void>>();
  private readonly moments: { [fault in 'kill-worker' | 'kill-api']: KillMoment } = { 'kill-worker': 'inside', 'kill-api': 'inside' };
  private state: 'new' | 'running' | 'stopped' = 'new';
  private unreadableRecords = 0;
  private reshardedTimes = 0;
  private endedCaches = 0;

  /** @throws FaultSettingError for a value out of bounds */
  constructor(private readonly props: FaultControllerProps) {
    this.clock = props.clock ?? new WallClock();
    this.parts = new FaultedParts(props.targets, props.ledgerTables);
    this.randoms = new Map(FAULTS.map(({ name }, index) => [name, new SeededRandom(props.seed + SEED_OFFSET + index)]));
    for (const { name } of FAULTS) {
      const value = props.settings[name];
      if (value !== undefined) {
        this.values.set(name, checkFaultValue(faultNamed(name), value));
      }
    }
  }

  /** Faults that are on, or about to be. An outage of the stream that is over is no more among them. */
  get settings(): FaultSettings {
    return Object.fromEntries(this.values);
  }

  /** Records of random bytes that the stream took. */
  get unreadable(): number {
    return this.unreadableRecords;
  }

  /** Splits and merges that were done. */
  get resharded(): number {
    return this.reshardedTimes;
  }

  /** Caches that were ended. */
  get killedCaches(): number {
    return this.endedCaches;
  }

  /** Begins with the load: every fault that is set gets its schedule. */
  start(): void {
    if (this.state !== 'new') {
      throw new Error('The fault controller was started already.');
    }
    this.state = 'running';
    // What fails is kept for `stop`.
    this.values.forEach((value, name) => void this.change(name, value, false).catch(() => undefined));
  }

  /**
   * Changes one fault while the load runs, and resolves when the parts know.
   *
   * @param value in the unit of the fault; undefined switches it off
   * @throws FaultSettingError for a value out of bounds, Error once the faults are over, or when a part does not answer
   */
  async set(name: FaultName, value: number | undefined): Promise<void> {
    const fault = faultNamed(name);
    this.refuseOnceOver(name);
    if (value === undefined) {
      this.values.delete(name);
    } else {
      this.values.set(name, checkFaultValue(fault, value));
    }
    if (this.state === 'running') {
      await this.change(name, value, true);
      if (value !== undefined) {
        this.refuseOnceOver(name);
      }
    }
  }

  /**
   * Ends every fault, and resolves when the parts know: nothing begins or strikes any more.
   *
   * @throws Error the first one that a part answered, now or before
   */
  async stop(): Promise<void> {
    if (this.state !== 'stopped') {
      this.state = 'stopped';
      this.schedules.forEach((schedule) => schedule.abort());
      this.schedules.clear();
      this.values.clear();
      await this.parts.clear();
      this.begun.forEach((name) => this.report(name, 'off'));
      this.begun.clear();
    }
    await Promise.all(this.changes.values());
    await this.parts.heard();
  }

  private refuseOnceOver(name: FaultName): void {
    if (this.state === 'stopped') {
      throw new Error(`${faultNamed(name).title}: faults end with the load, and it is over.`);
    }
  }

  /** Ends the schedule of a fault at once, and begins the new one when its changes before have ended, unless that was overtaken. */
  private change(name: FaultName, value: number | undefined, now: boolean): Promise<void> {
    this.schedules.get(name)?.abort();
    const schedule = new AbortController();
    this.schedules.set(name, schedule);
    const before = this.changes.get(name) ?? Promise.resolve();
    const change = before.then(async () => {
      await this.end(name);
      if (value !== undefined && !schedule.signal.aborted) {
        await this.begin(name, value, now, schedule.signal);
      }
    });
    this.changes.set(name, change.catch(() => undefined));
    return change;
  }

  private async begin(name: FaultName, value: number, now: boolean, signal: AbortSignal): Promise<void> {
    const { parts } = this;
    const { targets } = parts;
    this.begun.add(name);
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
          this.reshardedTimes += count;
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
        return this.beginCacheOutage(value, now, signal);
    }
  }

  private async end(name: FaultName): Promise<void> {
    if (!this.begun.delete(name)) {
      return;
    }
    this.report(name, 'off');
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
    this.after(afterSeconds, signal, async () => {
      this.parts.throttleFactor = factor;
      this.report('throttle-table', `on for ${THROTTLE_SECONDS} s, ${factor} of the writes before`);
      // Both times count from the beginning, whatever the telling takes.
      this.after(THROTTLE_SECONDS, signal, async () => {
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
      this.unreadableRecords += count;
      return `${count} of random bytes put into the stream`;
    });
  }

  private async beginOutage(seconds: number, now: boolean, signal: AbortSignal): Promise<void> {
    return this.inMiddleThird('stream-unavailable', now, signal, async () => {
      this.parts.isStreamUnavailable = true;
      this.report('stream-unavailable', `on for ${seconds} s`);
      this.after(seconds, signal, () => this.set('stream-unavailable', undefined));
      await this.parts.tellEngine();
    });
  }

  private async beginCacheOutage(seconds: number, now: boolean, signal: AbortSignal): Promise<void> {
    return this.inMiddleThird('kill-cache', now, signal, () => this.parts.tell(async () => {
      const count = await this.parts.targets.killCaches(seconds);
      this.endedCaches += count;
      this.report('kill-cache', `${count} ended, back in ${seconds} s`);
      // They come back by themselves.
      this.after(seconds, signal, () => this.set('kill-cache', undefined));
    }));
  }

  /** Does something now, or once at a random moment in the middle third of the load. */
  private async inMiddleThird(name: FaultName, now: boolean, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
    if (now) {
      await action();
      return;
    }
    const third = (this.props.loadSeconds ?? DEFAULT_LOAD_SECONDS) / 3;
    this.after(third + this.randoms.get(name)!.next() * third, signal, action);
  }

  private nextMoment(name: 'kill-worker' | 'kill-api'): KillMoment {
    const moment = this.moments[name];
    this.moments[name] = moment === 'inside' ? 'after-effects' : 'inside';
    return moment;
  }

  /** Strikes again and again, the first time after half a period to a whole one: faults of one period do not strike together. */
  private every(name: FaultName, seconds: number, signal: AbortSignal, strike: () => Promise<string>): void {
    const next = (delay: number): void =>
      this.after(delay, signal, async () => {
        const begun = this.clock.now();
        await this.parts.tell(async () => {
          if (!signal.aborted) {
            this.report(name, await strike());
          }
        });
        // A part that is slow to answer does not get the strikes that it missed all at once.
        next(Math.max(0, seconds - (this.clock.now() - begun) / 1000));
      });
    next(seconds * (0.5 + 0.5 * this.randoms.get(name)!.next()));
  }

  /** Does something later, unless the fault is over by then. What fails is kept for `stop`. */
  private after(seconds: number, signal: AbortSignal, action: () => Promise<void>): void {
    if (signal.aborted) {
      return;
    }
    const cancel = this.clock.setTimer(() => {
      signal.removeEventListener('abort', cancel);
      // `FaultedParts.tell` has kept the failure.
      action().catch(() => undefined);
    }, Math.round(seconds * 1000));
    signal.addEventListener('abort', cancel, { once: true });
  }

  private report(fault: FaultName, text: string): void {
    this.props.onEvent?.({ at: this.clock.now(), fault, text });
  }
}
