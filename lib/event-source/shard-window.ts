import { type Batch, newBatch, type RecordQueue } from './batch';
import type { EventSourceConfiguration } from './configuration';
import type { InvocationWindow, OpenWindow, WindowState } from './protocol';
import type { PendingRecord } from './record';
import type { ShardReader } from './shard-reader';
import { TumblingWindow } from './window';

type WindowSettings = Pick<EventSourceConfiguration, 'tumblingWindowMilliseconds' | 'windowGraceMilliseconds' | 'limits'>;

/** The tumbling windows of one shard, of which one is open at a time. Without tumbling windows none ever is. */
export class ShardWindow {
  private current: TumblingWindow | undefined;
  private durable: OpenWindow | undefined;
  private changed = false;

  constructor(private readonly settings: WindowSettings) {}

  /** The mapping has tumbling windows. */
  get enabled(): boolean {
    return this.settings.tumblingWindowMilliseconds > 0;
  }

  get isOpen(): boolean {
    return this.current !== undefined;
  }

  /** The state, or whether a window is open, is another than at the last checkpoint. */
  get moved(): boolean {
    return this.changed;
  }

  /** Bytes of an event that records may take beside the state. */
  get recordBytes(): number {
    return this.settings.limits.payloadBytes - (this.current?.stateBytes ?? 0);
  }

  /** Whether a record may be in the same batch as those of the open window. */
  holds({ record }: PendingRecord): boolean {
    return this.current === undefined || this.current.holds(record.arrivalTimestamp);
  }

  /** Keeps the state that an invocation returned. */
  update(state: WindowState): void {
    this.current?.update(state, this.settings.limits.windowStateBytes);
    this.changed = true;
  }

  close(): void {
    this.current = undefined;
    this.changed = true;
  }

  /**
   * The last invocation of the open window when it is due, a time when it may be, undefined when new records come first. Opens a
   * window for them.
   */
  closing(queue: RecordQueue, reader: Pick<ShardReader, 'ended' | 'caughtUp'>, now: number): Batch | number | undefined {
    const next = queue.first?.record.arrivalTimestamp;
    if (this.current === undefined) {
      this.current = next === undefined ? undefined : TumblingWindow.around(next, this.settings.tumblingWindowMilliseconds);
      return undefined;
    }
    const over = this.current.end + this.settings.windowGraceMilliseconds;
    const closes = this.current.terminatedEarly
      || (next === undefined ? reader.ended || (reader.caughtUp && now >= over) : !this.current.holds(next));
    if (closes) {
      return newBatch([], true);
    }
    return next === undefined && reader.caughtUp ? over : undefined;
  }

  /** The open window as an invocation sees it. */
  forInvocation(isFinalInvokeForWindow: boolean): { readonly window?: InvocationWindow } {
    return this.current === undefined ? {} : { window: this.current.forInvocation(isFinalInvokeForWindow) };
  }

  /** The window that is open behind the checkpoint, from now on the one to go back to. */
  checkpoint(): OpenWindow | undefined {
    this.changed = false;
    this.durable = this.current?.forCheckpoint();
    return this.durable;
  }

  /** Goes back to the window at the checkpoint. */
  restart(): void {
    const { tumblingWindowMilliseconds, limits } = this.settings;
    this.changed = false;
    this.current = this.durable && TumblingWindow.resume(this.durable, tumblingWindowMilliseconds, limits.windowStateBytes);
  }
}
