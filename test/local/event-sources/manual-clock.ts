import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../local/event-sources';

interface Timer {
  readonly at: number;
  readonly number: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved, so that no test depends on the speed of the machine. */
export class ManualClock implements Clock {
  private time: number;
  private timers: Timer[] = [];
  private lastNumber = 0;

  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, milliseconds: number): () => void {
    this.lastNumber += 1;
    const timer = { at: this.time + milliseconds, number: this.lastNumber, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets promises that are ready run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) {
      await setImmediate();
    }
  }

  /** Moves the time, and runs what becomes due at its own time. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await this.settle();
    for (;;) {
      this.timers.sort((a, b) => a.at - b.at || a.number - b.number);
      const next = this.timers[0];
      if (next === undefined || next.at > end) {
        break;
      }
      this.timers.shift();
      this.time = Math.max(this.time, next.at);
      next.callback();
      await this.settle();
    }
    this.time = end;
  }

  /** Moves the time in steps until a condition holds; real input and output goes on in between. */
  async until(condition: () => boolean, stepMilliseconds = 25): Promise<void> {
    while (!condition()) {
      await this.advance(stepMilliseconds);
    }
  }
}
