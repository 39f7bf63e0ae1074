import type { PlannedFault } from './scenario';

type FaultKind = PlannedFault['kind'];

/** What each kind of fault does. Each is counted by itself: a fault that never reaches one of its victims would not be seen otherwise. */
const STRIKES = {
  'kill-worker': ['kill-worker'],
  'zombie-worker': ['zombie-worker'],
  'slow-handler': ['slow-handler'],
  'throttle-function': ['throttle-function'],
  'kill-api': ['kill-api'],
  'throttle-table': ['throttle-table'],
  'table-unavailable': ['table-unavailable (calls)', 'table-unavailable (stream reads)'],
  'lost-answers': ['lost-answers (tables)', 'lost-answers (stream)', 'lost-answers (queue)', 'lost-answers (archive)'],
  'lost-engine-answers': ['lost-engine-answers'],
  'stream-unavailable': ['stream-unavailable (writes)', 'stream-unavailable (reads)'],
  'split': ['split'],
  'merge': ['merge'],
  'roll-table-shards': ['roll-table-shards'],
  'expire-iterators': ['expire-iterators (tables)', 'expire-iterators (stream)'],
  'restart-poller': ['restart-poller'],
  'unreadable': ['unreadable'],
  'queue-duplicates': ['queue-duplicates'],
} as const satisfies Readonly<Record<FaultKind, readonly string[]>>;

export type StrikeName = typeof STRIKES[FaultKind][number];

/** How often a fault did something, and not only was there; without an entry, never. */
export type StrikeCounts = { readonly [name in StrikeName]?: number };

/** Told by whoever is struck. */
export type Strike = (name: StrikeName) => void;

/** Counts of one run. */
export class Strikes {
  private readonly struck = new Map<StrikeName, number>();

  /** Notes that a fault has struck. */
  readonly note: Strike = (name) => this.add(name, 1);

  add(name: StrikeName, times: number): void {
    this.struck.set(name, (this.struck.get(name) ?? 0) + times);
  }

  get counts(): StrikeCounts {
    return Object.fromEntries(this.struck);
  }
}

/** What one run tells of its faults. */
export interface FaultReport {
  /** Kinds of the faults that the scenario has. */
  readonly scheduled: readonly FaultKind[];
  readonly strikes: StrikeCounts;
}

/** Runs of which at least this many have to show every strike of a kind that they had: in fewer one may be missing by chance. */
export const FEWEST_JUDGED_RUNS = 200;

/** Counts of many runs. */
export class StrikeTotals {
  private runs = 0;
  private readonly scheduled = new Set<FaultKind>();
  private readonly sums = new Strikes();

  add({ scheduled, strikes }: FaultReport): void {
    this.runs += 1;
    scheduled.forEach((kind) => this.scheduled.add(kind));
    (Object.entries(strikes) as [StrikeName, number][]).forEach(([name, times]) => this.sums.add(name, times));
  }

  /** Strikes that have to be there and are not: their faults were scheduled, and the runs are enough to judge. */
  get missing(): readonly StrikeName[] {
    const { counts } = this.sums;
    return this.runs < FEWEST_JUDGED_RUNS ? [] : this.expected.filter((name) => (counts[name] ?? 0) === 0);
  }

  /** One line: every strike of the kinds that were scheduled, with its number. */
  get text(): string {
    const { counts } = this.sums;
    return `strikes: ${this.expected.map((name) => `${name} ${counts[name] ?? 0}`).join(', ') || 'none, as no fault was scheduled'}`;
  }

  private get expected(): readonly StrikeName[] {
    return (Object.keys(STRIKES) as FaultKind[]).filter((kind) => this.scheduled.has(kind)).flatMap((kind) => STRIKES[kind]);
  }
}
