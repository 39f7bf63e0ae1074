import type { IncomingMessage, ServerResponse } from 'node:http';
import { canStrike, FAULTS } from '../faults';
import type { DashboardFeed } from './feed';

/** How often listeners hear, in milliseconds. */
const INTERVAL_MILLISECONDS = 1000;

/** How long a browser waits before it asks again after a break, in milliseconds. */
const RETRY_MILLISECONDS = 2000;

/** Windows that may listen at a time. */
export const MOST_LISTENERS = 16;

/** How long the last snapshot may take when a run closes its page, in milliseconds. */
const LAST_SNAPSHOT_MILLISECONDS = 3000;

interface Listener {
  readonly response: ServerResponse;
  /** Number of the last event that was sent. */
  lastEvent: number;
}

/**
 * Sends snapshots and events to whoever listens, as server-sent events:
 * `description` once, then every second `happened` for each new event and `snapshot`; `end` when the run closes its page.
 *
 * While nobody listens no timer runs and the feed is not asked.
 */
export class Updates {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  /** The round that is under way: there is never a second one. */
  private round: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly feed: DashboardFeed) {}

  get isFull(): boolean {
    return this.listeners.size >= MOST_LISTENERS;
  }

  /** Answers a request with updates until its client goes away. */
  listen(request: IncomingMessage, response: ServerResponse): void {
    const listener = { response, lastEvent: Number(request.headers['last-event-id'] ?? 0) || 0 };
    this.listeners.add(listener);
    response.on('close', () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearTimeout(this.timer);
        this.timer = undefined;
      }
    });
    const { faultParts, ...description } = this.feed.description;
    const faults = FAULTS.filter((fault) => faultParts === undefined || canStrike(fault, faultParts));
    response.write(`retry: ${RETRY_MILLISECONDS}\n${message('description', { ...description, faults })}`);
    if (this.timer === undefined && this.round === undefined) {
      this.startRound();
    }
  }

  /** Tells everybody how it ended, and hangs up. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.listeners.size > 0) {
      const last = Promise.resolve(this.round).then(() => this.send());
      await Promise.race([last, new Promise((resolve) => setTimeout(resolve, LAST_SNAPSHOT_MILLISECONDS).unref())]);
    }
    for (const { response } of this.listeners) {
      response.end(message('end', {}));
    }
  }

  private startRound(): void {
    const startedAt = Date.now();
    this.round = this.send().finally(() => {
      this.round = undefined;
      if (this.listeners.size > 0 && !this.closed) {
        this.timer = setTimeout(() => this.startRound(), Math.max(0, INTERVAL_MILLISECONDS - (Date.now() - startedAt)));
        this.timer.unref();
      }
    });
  }

  /** One snapshot, made once, for everybody. A snapshot that cannot be taken is left out: the page says how old its figures are. */
  private async send(): Promise<void> {
    const text = await this.feed.snapshot().then((snapshot) => message('snapshot', snapshot), () => '');
    for (const listener of this.listeners) {
      // A window that does not read gets nothing more until it does: this side keeps no backlog for it.
      if (!listener.response.writableNeedDrain) {
        listener.response.write(`${this.eventsFor(listener)}${text}`);
      }
    }
  }

  private eventsFor(listener: Listener): string {
    const events = this.feed.events(listener.lastEvent);
    listener.lastEvent = events.at(-1)?.number ?? listener.lastEvent;
    return events.map((event) => `id: ${event.number}\n${message('happened', event)}`).join('');
  }
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
