import type { Clock } from '../event-sources/clock';
import { SeededRandom } from '../random/seeded-random';
import { FAULTS, type FaultName } from './vocabulary';

/** Keeps the moments of the faults apart from what the load and the engines draw from the same seed. */
const SEED_OFFSET = 1_000;

/** The moments of faults. All of them follow from the seed, those of one fault whatever the others are. */
export class FaultTimer {
  private readonly randoms: ReadonlyMap<FaultName, SeededRandom>;

  /** @param loadSeconds length of the load */
  constructor(private readonly clock: Clock, seed: number, private readonly loadSeconds: number) {
    this.randoms = new Map(FAULTS.map(({ name }, index) => [name, new SeededRandom(seed + SEED_OFFSET + index)]));
  }

  /** Does something later, unless the fault is over by then. What fails is not told: `FaultedParts.tell` keeps it. */
  after(seconds: number, signal: AbortSignal, action: () => Promise<void>): void {
    if (signal.aborted) {
      return;
    }
    const cancel = this.clock.setTimer(() => {
      signal.removeEventListener('abort', cancel);
      action().catch(() => undefined);
    }, Math.round(seconds * 1000));
    signal.addEventListener('abort', cancel, { once: true });
  }

  /** Does something now, or once at a random moment in the middle third of the load. */
  async inMiddleThird(name: FaultName, now: boolean, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
    if (now) {
      await action();
      return;
    }
    const third = this.loadSeconds / 3;
    this.after(third + this.random(name) * third, signal, action);
  }

  /** Does something again and again, the first time after half a period to a whole one: faults of one period do not strike together. */
  every(name: FaultName, seconds: number, signal: AbortSignal, action: () => Promise<void>): void {
    const next = (delay: number): void =>
      this.after(delay, signal, async () => {
        const begun = this.clock.now();
        await action();
        // A part that is slow to answer does not get the strikes that it missed all at once.
        next(Math.max(0, seconds - (this.clock.now() - begun) / 1000));
      });
    next(seconds * (0.5 + 0.5 * this.random(name)));
  }

  /** A number in [0, 1). */
  private random(name: FaultName): number {
    return this.randoms.get(name)!.next();
  }
}
