import type { CheckerProgress } from '../checker/checker';
import type { EngineStatistics } from './engine-statistics';

const TICK_MILLISECONDS = 200;
/** The engines have to be idle this many ticks in a row before the run believes that nothing more comes. */
const IDLE_TICKS = 5;

/** What waiting for the system to settle needs to know of it. */
export interface SettlingSystem {
  progress(): Promise<CheckerProgress>;
  engine(): Promise<EngineStatistics>;
  /** Effects that the balances hold by now. */
  projectedEffects(): Promise<number>;
  /** Looks for payments that were parked, which nothing else tells of. */
  lookForParked(): Promise<void>;
  /** Looks for payouts that were rejected, which nothing else tells of either. */
  lookForRejectedPayouts(): Promise<void>;
}

/** How a wait ended. */
export interface Settled {
  /** Nothing is on its way any more. */
  readonly drained: boolean;
  /** When anything was last seen to move, in milliseconds since 1970. */
  readonly lastMovement: number;
}

/**
 * Waits until every acknowledged payment has settled, every payout has come to its end and all of it is in the balances, or nothing has
 * moved for a while.
 *
 * Where requests were not answered, nothing may move for a second besides: the books would be held against a ledger that goes on changing.
 *
 * A system that only tries the same again and again does not move: invocations alone are no movement.
 *
 * @param timeoutMilliseconds how long nothing may move
 */
export async function waitUntilSettled(
  system: SettlingSystem, timeoutMilliseconds: number, onTick: (progress: CheckerProgress, engine: EngineStatistics) => void,
): Promise<Settled> {
  let lastMovement = Date.now();
  let idleTicks = 0;
  let before = '';
  while (idleTicks < IDLE_TICKS && Date.now() - lastMovement < timeoutMilliseconds) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MILLISECONDS));
    const engine = await system.engine();
    const progress = await system.progress();
    const projected = await system.projectedEffects();
    const now = JSON.stringify([progress.settledKeys, progress.ledgerEffects, progress.openPayouts, projected]);
    if (now !== before) {
      lastMovement = Date.now();
      before = now;
      idleTicks = 0;
    }
    if (progress.openPayouts > 0) {
      // A payout may wait for longer than any engine is seen at work.
      await system.lookForRejectedPayouts();
    } else if (progress.settledKeys < progress.acknowledgedKeys) {
      await system.lookForParked();
    } else if (engine.idle && projected === progress.ledgerEffects && progress.unanswered === 0) {
      // What was not answered may still be written by who was asked, though all that was acknowledged has settled.
      return { drained: true, lastMovement };
    }
    idleTicks = engine.idle && progress.openPayouts === 0 ? idleTicks + 1 : 0;
    onTick(progress, engine);
  }
  return { drained: idleTicks >= IDLE_TICKS, lastMovement };
}
