import { FaultController, type FaultCounts, type FaultEvent, FAULTS, type FaultName, type FaultSettings } from '../faults';
import type { EngineStatistics, TableStatistics } from './engine-statistics';
import type { LocalSystem } from './system';

/** The faults of one run: what was asked for, when it strikes, and how often it was seen to. */
export class RunFaults {
  private readonly controller: FaultController;
  /** Every fault that was on at any time. */
  private readonly asked = new Set<FaultName>();

  constructor(
    private readonly system: LocalSystem,
    props: { readonly settings: FaultSettings; readonly seed: number; readonly loadSeconds: number; readonly onEvent: (event: FaultEvent) => void },
  ) {
    this.controller = new FaultController({ ...props, targets: system.faultTargets, ledgerTables: system.ledgerTables });
    (Object.keys(props.settings) as FaultName[]).forEach((name) => this.asked.add(name));
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
      this.asked.add(name);
    }
  }

  /** How often each fault was seen to strike. */
  counts(engine: EngineStatistics, tables: TableStatistics): FaultCounts {
    const { faults } = engine;
    return {
      'kill-worker': faults.killedInvocations,
      'kill-api': this.system.apiKills,
      'throttle-table': tables.faults.throttledByFault,
      'lost-answers': tables.faults.lostAnswers + faults.lostAnswers,
      'reshard': this.controller.resharded,
      'roll-table-shards': tables.faults.rolledShards,
      'expire-iterators': tables.faults.expiredIterators + faults.expiredIterators,
      'poison': tables.faults.refusedKeys + this.controller.unreadable,
      'slow-handler': faults.slowedInvocations,
      'stream-unavailable': faults.unavailableCalls,
    };
  }

  /** The counts of those that were asked for. */
  askedCounts(engine: EngineStatistics, tables: TableStatistics): { readonly [name in FaultName]?: number } {
    const counts = this.counts(engine, tables);
    return Object.fromEntries(FAULTS.filter(({ name }) => this.asked.has(name)).map(({ name }) => [name, counts[name]]));
  }
}
