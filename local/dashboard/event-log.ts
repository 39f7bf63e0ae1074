import type { LoggedEvent } from './feed';

/** Events that are kept where nothing else is said. */
const MOST_EVENTS = 500;

/** The last events of a run, for `DashboardFeed.events`. */
export class EventLog {
  private readonly kept: LoggedEvent[] = [];
  private count = 0;

  /** @param most events that are kept. */
  constructor(private readonly most = MOST_EVENTS) {}

  add(event: Omit<LoggedEvent, 'number'>): void {
    this.kept.push({ number: ++this.count, ...event });
    if (this.kept.length > this.most) {
      this.kept.shift();
    }
  }

  /** The events after the given one that are still kept, oldest first. */
  after(number: number): readonly LoggedEvent[] {
    return this.kept.slice(Math.max(0, this.kept.length - (this.count - number)));
  }
}
