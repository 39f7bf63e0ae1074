import type { InvocationWindow, OpenWindow, WindowState } from './protocol';

/**
 * The tumbling window that is open in a shard. Windows are cut at multiples of their length since the epoch, by the time at
 * which the stream took a record.
 */
export class TumblingWindow {
  private terminated = false;
  private bytes = 0;

  private constructor(readonly start: number, readonly length: number, private current: WindowState) {}

  /** Opens the window that a record of this time belongs to. */
  static around(timestamp: number, length: number): TumblingWindow {
    return new TumblingWindow(Math.floor(timestamp / length) * length, length, {});
  }

  /** Goes on with a window that was open at a checkpoint. */
  static resume(window: OpenWindow, length: number, maximumBytes: number): TumblingWindow {
    const resumed = new TumblingWindow(window.start, length, window.state);
    resumed.update(window.state, maximumBytes);
    return resumed;
  }

  /** Exclusive. */
  get end(): number {
    return this.start + this.length;
  }

  /** Bytes of the state as JSON. */
  get stateBytes(): number {
    return this.bytes;
  }

  /** The state is over its limit, so the window ends with the next invocation. */
  get terminatedEarly(): boolean {
    return this.terminated;
  }

  /** An open window also takes records with an earlier timestamp: within a shard those are not strictly ordered, and a closed window stays closed. */
  holds(timestamp: number): boolean {
    return timestamp < this.end;
  }

  /** Keeps what an invocation returned. */
  update(state: WindowState, maximumBytes: number): void {
    this.current = state;
    this.bytes = Buffer.byteLength(JSON.stringify(state));
    this.terminated = this.bytes > maximumBytes;
  }

  forInvocation(isFinalInvokeForWindow: boolean): InvocationWindow {
    return {
      start: this.start,
      end: this.end,
      state: this.current,
      isFinalInvokeForWindow,
      isWindowTerminatedEarly: isFinalInvokeForWindow && this.terminated,
    };
  }

  forCheckpoint(): OpenWindow {
    return { start: this.start, state: this.current };
  }
}
