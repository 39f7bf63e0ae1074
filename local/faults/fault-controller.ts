import { type Clock, WallClock } from '../event-sources/clock';
import { FaultEffects } from './fault-effects';
import { FaultTimer } from './fault-timer';
import { FaultedParts } from './faulted-parts';
import { checkFaultValue } from './settings';
import type { FaultTargets } from './targets';
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

/**
 * Keeps the schedule of the faults of one run: tells the parts when each begins, strikes and ends. It owns no process.
 *
 * The changes of one fault happen one after the other, and one that was overtaken by a later one, or by the end, does not begin any more.
 */
export class FaultController {
  private readonly clock: Clock;
  private readonly parts: FaultedParts;
  private readonly effects: FaultEffects;
  private readonly values = new Map<FaultName, number>();
  /** Ends the schedule of a fault; it is there from the moment at which the fault is wanted. */
  private readonly schedules = new Map<FaultName, AbortController>();
  /** Faults that began and did not end. */
  private readonly begun = new Set<FaultName>();
  /** The last change of each fault; it never rejects. */
  private readonly changes = new Map<FaultName, Promise<void>>();
  private state: 'new' | 'running' | 'stopped' = 'new';

  /** @throws FaultSettingError for a value out of bounds */
  constructor(private readonly props: FaultControllerProps) {
    this.clock = props.clock ?? new WallClock();
    this.parts = new FaultedParts(props.targets, props.ledgerTables);
    this.effects = new FaultEffects(
      this.parts,
      new FaultTimer(this.clock, props.seed, props.loadSeconds ?? DEFAULT_LOAD_SECONDS),
      (name, text) => this.report(name, text),
      (name) => this.set(name, undefined),
    );
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
    return this.effects.unreadable;
  }

  /** Splits and merges that were done. */
  get resharded(): number {
    return this.effects.resharded;
  }

  /** Caches that were ended. */
  get killedCaches(): number {
    return this.effects.killedCaches;
  }

  /** Database servers that were ended. */
  get restartedDatabases(): number {
    return this.effects.restartedDatabases;
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
      if (this.begun.delete(name)) {
        this.report(name, 'off');
        await this.effects.end(name);
      }
      if (value !== undefined && !schedule.signal.aborted) {
        this.begun.add(name);
        await this.effects.begin(name, value, now, schedule.signal);
      }
    });
    this.changes.set(name, change.catch(() => undefined));
    return change;
  }

  private report(fault: FaultName, text: string): void {
    this.props.onEvent?.({ at: this.clock.now(), fault, text });
  }
}
