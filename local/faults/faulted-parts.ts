import { POISON_KEY_PREFIX } from './poison';
import type { FaultTargets } from './targets';

/** What is on in the parts of a run, and the way to tell them: one thing after the other, so that what they heard last is what holds. */
export class FaultedParts {
  /** Absent while the tables are not throttled. */
  throttleFactor?: number;
  lostAnswers?: number;
  expiredIterators?: number;
  slowHandlerMilliseconds?: number;
  isStreamUnavailable = false;
  /** Once a payment was poisoned, its key stays one that cannot be stored: it would be parked and applied else. */
  refusesPoison = false;
  private work: Promise<void> = Promise.resolve();
  private failure?: Error;

  /** @param ledgerTables names of the tables that cannot store a poisoned payment */
  constructor(readonly targets: FaultTargets, private readonly ledgerTables: readonly string[]) {}

  /** Calls a part once it has heard everything before. What fails is also kept for `heard`. */
  tell(call: () => Promise<void>): Promise<void> {
    const told = this.work.then(call);
    this.work = told.catch((error: Error) => {
      this.failure ??= error;
    });
    return told;
  }

  tellTables(): Promise<void> {
    return this.tell(() => {
      const { throttleFactor, lostAnswers, expiredIterators } = this;
      return this.targets.tables({
        ...(throttleFactor !== undefined && { throttleFactor }),
        ...(lostAnswers !== undefined && { lostAnswers }),
        ...(expiredIterators !== undefined && { expiredIterators }),
        ...(this.refusesPoison && { unstorable: { tables: this.ledgerTables, keyPrefix: POISON_KEY_PREFIX } }),
      });
    });
  }

  tellEngine(): Promise<void> {
    return this.tell(() => {
      const { slowHandlerMilliseconds, lostAnswers, expiredIterators } = this;
      return this.targets.engine({
        ...(slowHandlerMilliseconds !== undefined && { slowHandlerMilliseconds }),
        ...(lostAnswers !== undefined && { lostAnswers }),
        ...(this.isStreamUnavailable && { streamUnavailable: true }),
        ...(expiredIterators !== undefined && { expiredIterators }),
      });
    });
  }

  /** Switches everything off that can be, and resolves when each part knows or has failed to answer. */
  async clear(): Promise<void> {
    this.throttleFactor = undefined;
    this.lostAnswers = undefined;
    this.expiredIterators = undefined;
    this.slowHandlerMilliseconds = undefined;
    this.isStreamUnavailable = false;
    const { targets } = this;
    await Promise.allSettled([
      this.tell(() => targets.load({ poisonShare: 0 })), this.tell(() => targets.disarmKills()), this.tellTables(), this.tellEngine(),
    ]);
  }

  /**
   * Resolves when the parts have heard everything.
   *
   * @throws Error the first one that a part ever answered
   */
  async heard(): Promise<void> {
    await this.work;
    if (this.failure) {
      throw this.failure;
    }
  }
}
