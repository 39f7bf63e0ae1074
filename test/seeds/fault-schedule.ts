import type { Books } from './books';
import type { PaymentSystem } from './payment-system';
import { faultEnd, type PlannedFault } from './scenario';
import type { Trace } from './trace';
import type { VirtualTime } from './virtual-time';

/** Brings the faults of a scenario into the system at their times. */
export class FaultSchedule {
  /** Faults that last and are on now, by kind. */
  private readonly active = new Map<string, PlannedFault[]>();

  constructor(
    private readonly time: VirtualTime,
    private readonly trace: Trace,
    private readonly system: PaymentSystem,
    private readonly books: Books,
  ) {}

  plan(faults: readonly PlannedFault[]): void {
    for (const fault of faults) {
      this.time.setTimer(() => this.begin(fault), fault.at);
    }
  }

  /** Ends everything that is still on or waits for its victim. */
  end(): void {
    this.trace.note('faults', 'end');
    for (const kind of [...this.active.keys()]) {
      this.active.delete(kind);
      this.apply(kind as PlannedFault['kind']);
    }
    Object.values(this.system.functions).forEach((each) => each.disarm());
    this.system.tasks.forEach((task) => task.disarm());
  }

  private begin(fault: PlannedFault): void {
    this.trace.note('fault', JSON.stringify(fault));
    const { system } = this;
    switch (fault.kind) {
      case 'kill-worker':
        system.functions[fault.function].armKill(fault.moment, fault.delay);
        break;
      case 'zombie-worker':
        system.functions[fault.function].armFreeze(fault.delay, fault.frozen);
        break;
      case 'kill-api':
        system.tasks[fault.task].armKill(fault.moment, fault.downtime);
        break;
      case 'split':
        system.stream.split(fault.choice);
        break;
      case 'merge':
        system.stream.merge(fault.choice);
        break;
      case 'roll-table-shards':
        system.tables.rollStreamShards();
        break;
      case 'restart-poller':
        system.strikes.note('restart-poller');
        system.sources[fault.source].restart();
        break;
      case 'unreadable':
        if (system.stream.putUnreadable(fault.bytes, `unreadable-${fault.at}`)) {
          system.strikes.note('unreadable');
          this.books.unreadable.push(fault.bytes);
        }
        break;
      default:
        this.lasts(fault);
    }
  }

  /** Switches a fault on that lasts; of several of a kind the latest counts. */
  private lasts(fault: PlannedFault): void {
    this.active.set(fault.kind, [...(this.active.get(fault.kind) ?? []), fault]);
    this.apply(fault.kind);
    this.time.setTimer(() => {
      this.active.set(fault.kind, (this.active.get(fault.kind) ?? []).filter((other) => other !== fault));
      this.apply(fault.kind);
    }, faultEnd(fault) - fault.at);
  }

  private apply(kind: PlannedFault['kind']): void {
    const { system } = this;
    const faults = this.active.get(kind) ?? [];
    const latest = faults.at(-1);
    const probability = latest !== undefined && 'probability' in latest ? latest.probability : undefined;
    switch (kind) {
      case 'slow-handler': {
        const slowness = latest?.kind === 'slow-handler' ? latest.milliseconds : 0;
        Object.values(system.functions).forEach((each) => (each.slowness = slowness));
        break;
      }
      case 'throttle-function':
        for (const [name, each] of Object.entries(system.functions)) {
          each.throttled = faults.some((fault) => fault.kind === 'throttle-function' && fault.function === name);
        }
        break;
      case 'throttle-table':
        system.tables.changeFaults({ throttleFactor: latest?.kind === 'throttle-table' ? latest.factor : undefined });
        break;
      case 'table-unavailable':
        system.tables.unavailable = latest !== undefined;
        break;
      case 'lost-answers':
        system.tables.changeFaults({ lostAnswers: probability });
        system.stream.lostAnswers = probability ?? 0;
        system.queue.lostAnswers = probability ?? 0;
        system.archive.lostAnswers = probability ?? 0;
        break;
      case 'lost-engine-answers':
        system.tables.lostEngineAnswers = probability ?? 0;
        break;
      case 'stream-unavailable':
        system.stream.unavailable = latest !== undefined;
        break;
      case 'expire-iterators':
        system.tables.changeFaults({ expiredIterators: probability });
        system.stream.expiredIterators = probability ?? 0;
        break;
      case 'queue-duplicates':
        system.queue.duplicates = probability ?? 0;
        break;
      default:
        throw new Error(`${kind} does not last`);
    }
  }
}
