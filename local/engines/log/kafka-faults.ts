import type { Clock } from '../../event-sources/clock';
import type { KillMoment } from '../../faults/targets';
import { SeededRandom } from '../../random/seeded-random';
import { HeldCalls } from '../held-calls';

/** Faults of this engine; what is not named is off. */
export interface LogFaults {
  /** Probability that a Produce that was stored loses its answer: the connection closes. @default 0 */
  readonly lostAnswers?: number;
  /** The broker is away: every connection is closed as soon as something is asked. @default false */
  readonly unavailable?: boolean;
}

/** Whose call is held: a producer's or a consumer's. */
export type KillKind = 'produce' | 'consume';

/** Calls whose caller was gone before it had its answer. */
export interface KillCounts {
  readonly inside: number;
  readonly afterEffects: number;
}

/** How often each fault struck. */
export interface KafkaFaultCounts {
  readonly lostAnswers: number;
  readonly unavailableCalls: number;
  readonly kills: Readonly<Record<KillKind, KillCounts>>;
}

/** Told which client is to be killed now. */
export type OnStrike = (clientId: string) => void;

/** A kill that a call has taken. */
export interface TakenKill {
  readonly kind: KillKind;
  readonly moment: KillMoment;
  readonly onStrike: OnStrike;
}

/** A consumer is killed so many milliseconds after it got records: in the middle of what it does with them. */
const WORK_MILLISECONDS = { least: 0, most: 50 };

/** The faults of the Kafka engine: asked at every call, and counted where they strike. */
export class KafkaFaults {
  private faults: LogFaults = {};
  private readonly armed = new Map<string, TakenKill>();
  private readonly held = new HeldCalls();
  /** Kills whose moment is near, and what calls them off. */
  private readonly near = new Set<() => void>();
  private lostAnswers = 0;
  private refused = 0;
  private readonly killed: Record<KillKind, Record<KillMoment, number>> = {
    produce: { 'inside': 0, 'after-effects': 0 }, consume: { 'inside': 0, 'after-effects': 0 },
  };

  /** One sequence a fault, so that none changes when another one strikes. */
  private readonly randoms: { readonly [fault in 'lostAnswers' | 'moments']: SeededRandom };

  constructor(random: SeededRandom, private readonly clock: Clock) {
    const next = (): SeededRandom => new SeededRandom(random.integer(0, 0x7fffffff));
    this.randoms = { lostAnswers: next(), moments: next() };
  }

  get counts(): KafkaFaultCounts {
    const counts = (kind: KillKind): KillCounts => ({ inside: this.killed[kind].inside, afterEffects: this.killed[kind]['after-effects'] });
    return { lostAnswers: this.lostAnswers, unavailableCalls: this.refused, kills: { produce: counts('produce'), consume: counts('consume') } };
  }

  /** Whether the broker is away. */
  get unavailable(): boolean {
    return this.faults.unavailable === true;
  }

  /** Replaces what is on. @throws Error for a probability that is none */
  set(faults: LogFaults): void {
    const { lostAnswers = 0 } = faults;
    if (!(lostAnswers >= 0 && lostAnswers <= 1)) {
      throw new Error(`\`lostAnswers\` must be between 0 and 1, got: ${lostAnswers}`);
    }
    this.faults = faults;
  }

  /** Has a caller killed at the next such moment. One that waits for the same moment is enough. */
  arm(kill: TakenKill): void {
    this.armed.set(keyOf(kill), kill);
  }

  /** Takes back the kills that have not struck, and lets the calls go on that are held. */
  disarm(): void {
    this.armed.clear();
    this.near.forEach((cancel) => cancel());
    this.near.clear();
    this.held.releaseAll();
  }

  /** Asked for each call: true where the broker is away. */
  refusesCall(): boolean {
    this.refused += this.unavailable ? 1 : 0;
    return this.unavailable;
  }

  /** Asked for each Produce that was stored: true where its answer is to be dropped. */
  losesAnswer(): boolean {
    const chance = this.faults.lostAnswers;
    const strikes = chance !== undefined && this.randoms.lostAnswers.next() < chance;
    this.lostAnswers += strikes ? 1 : 0;
    return strikes;
  }

  /** The kill that waits for such a moment. Undefined where there is none. */
  take(kind: KillKind, moment: KillMoment): TakenKill | undefined {
    if (this.armed.size === 0) {
      return undefined;
    }
    const key = keyOf({ kind, moment });
    const kill = this.armed.get(key);
    this.armed.delete(key);
    return kill;
  }

  /** Holds a call until its caller is gone, or the kill is taken back. @returns true where the call is to go on */
  hold({ kind, moment, onStrike }: TakenKill, clientId: string, closed: AbortSignal): Promise<boolean> {
    return this.held.hold(closed, () => onStrike(clientId), () => { this.killed[kind][moment]++; });
  }

  /**
   * Waits for a moment of the work that a consumer does with records that it got. A kill whose consumer went by itself meanwhile waits for another
   * one.
   *
   * @param strike called at that moment
   */
  soon(kill: TakenKill, closed: AbortSignal, strike: () => void): void {
    const { least, most } = WORK_MILLISECONDS;
    const cancel = this.clock.setTimer(() => {
      this.near.delete(cancel);
      if (closed.aborted) {
        this.arm(kill);
      } else {
        strike();
      }
    }, this.randoms.moments.integer(least, most));
    this.near.add(cancel);
  }
}

function keyOf({ kind, moment }: Pick<TakenKill, 'kind' | 'moment'>): string {
  return `${kind} ${moment}`;
}
