import type { TableHostStatistics } from '../engines/table';
import { FaultController, type FaultCounts, type FaultEvent, FAULTS, type FaultName, type FaultSettings } from '../faults';
import type { EngineFaultCounts } from './engine-statistics';
import type { LocalSystem } from './system';
import { type KillMoments, killsOf } from './verdict';

/** The part of a host's statistics that tells of faults. */
interface FaultStatistics<Counts> {
  readonly faults: Counts;
}

export interface RunFaultsProps {
  /** Faults that the command line asked for. */
  readonly settings: FaultSettings;
  readonly seed: number;
  readonly loadSeconds: number;
  readonly onEvent: (event: FaultEvent) => void;
}

/** The faults of one run: what was asked for, when it strikes, and how often it was seen to. */
export class RunFaults {
  private readonly controller: FaultController;
  /** Faults that were switched on while the load ran. */
  private readonly clicked = new Set<FaultName>();

  constructor(system: Pick<LocalSystem, 'faultTargets' | 'ledgerTables'>, private readonly props: RunFaultsProps) {
    this.controller = new FaultController({ ...props, targets: system.faultTargets, ledgerTables: system.ledgerTables });
  }

  get settings(): FaultSettings {
    return this.controller.settings;
  }

  /** Records of random bytes that streams took. */
  get unreadable(): number {
    return this.controller.unreadable;
  }

  start(): void {
    this.controller.start();
  }

  stop(): Promise<void> {
    return this.controller.stop();
  }

  /** @throws FaultSettingError for a value out of bounds, Error once the load is over */
  async set(name: FaultName, value: number | undefined): Promise<void> {
    await this.controller.set(name, value);
    if (value !== undefined) {
      this.clicked.add(name);
    }
  }

  /** How often each fault was seen to strike. */
  counts({ faults }: FaultStatistics<EngineFaultCounts>, tables: FaultStatistics<TableHostStatistics['faults']>): FaultCounts {
    return {
      'kill-worker': killsOf(faults.workerKills),
      'kill-api': killsOf(faults.apiKills),
      'throttle-table': tables.faults.throttledByFault,
      'lost-answers': tables.faults.lostAnswers + faults.lostAnswers,
      'reshard': this.controller.resharded,
      'roll-table-shards': tables.faults.rolledShards,
      'expire-iterators': tables.faults.expiredIterators + faults.expiredIterators,
      // Not the records of random bytes: the verdict counts these by themselves.
      'poison': tables.faults.refusedKeys + (faults.refusedKeys ?? 0),
      'slow-handler': faults.slowedInvocations,
      'stream-unavailable': faults.unavailableCalls,
      'kill-cache': this.controller.killedCaches,
      'restart-database': this.controller.restartedDatabases,
    };
  }

  /** Kills of functions and API tasks that hit, by their moments. */
  killMoments({ faults: { apiKills, workerKills } }: FaultStatistics<EngineFaultCounts>): KillMoments {
    return { inside: workerKills.inside + apiKills.inside, afterEffects: workerKills.afterEffects + apiKills.afterEffects };
  }

  /**
   * The counts of those that were asked for, once the load is over. One that the command line asked for has to be seen. One that somebody
   * switched on for a moment does not: it is told as an event where it never struck, and left out.
   */
  askedCounts(...statistics: Parameters<RunFaults['counts']>): { readonly [name in FaultName]?: number } {
    const counts = this.counts(...statistics);
    const isRequired = (name: FaultName): boolean => this.props.settings[name] !== undefined;
    for (const name of this.clicked) {
      if (!isRequired(name) && counts[name] === 0) {
        this.clicked.delete(name);
        this.props.onEvent({ at: Date.now(), fault: name, text: 'was switched on and ended before it struck, so that nothing is proved about it' });
      }
    }
    return Object.fromEntries(FAULTS.filter(({ name }) => isRequired(name) || this.clicked.has(name)).map(({ name }) => [name, counts[name]]));
  }
}
