import type { Timers } from '../../../../lambdas/runtime/retry/timers';
import { ManualClock } from '../producer/manual-clock';

/** A clock and timers that move when they are told to. */
export class VirtualTime extends ManualClock implements Timers {
  public after(milliseconds: number, run: () => void): () => void {
    let taken = false;
    void this.sleep(milliseconds).then(() => {
      if (!taken) {
        run();
      }
    });
    return () => { taken = true; };
  }
}
