import type { EngineFaults, KillMoment } from '../../faults/targets';
import { SeededRandom } from '../../random/seeded-random';
import { unreadableBytes } from '../../random/unreadable-bytes';
import { HeldCalls } from '../held-calls';
import type { KinesisEngine } from './kinesis-engine';
import type { ReadFaults } from './read-faults';

/** Faults of this engine; what is not named is off. */
export type StreamFaults = Pick<EngineFaults, 'lostAnswers' | 'streamUnavailable' | 'expiredIterators'>;

/** How often each fault struck. */
export interface KinesisFaultCounts {
  /** Writes whose answer was dropped. */
  readonly lostAnswers: number;
  /** Calls and reads that were refused while the stream was unavailable. */
  readonly unavailable: number;
  readonly expiredIterators: number;
  /** Calls whose caller was gone before it had its answer: held before their effect, and after it. */
  readonly apiKills: { readonly inside: number; readonly afterEffects: number };
}

export interface KinesisFaultsProps {
  /** The sequence of each fault begins from it: which calls are struck, what unreadable records hold, which shards are split. */
  readonly random: SeededRandom;
  /** Called when a PutRecords to this stream is held: whoever made the call is to be killed now. */
  readonly onApiKill: (streamName: string) => void;
}

/** The faults of the Kinesis engine: asked at every call, and counted where they strike. */
export class KinesisFaults implements ReadFaults {
  private faults: StreamFaults = {};
  /** Kills that wait for a call, with the streams that it may be to. */
  private readonly armed = new Map<KillMoment, ReadonlySet<string> | undefined>();
  private readonly held = new HeldCalls();
  private lostAnswers = 0;
  private refused = 0;
  private expired = 0;
  private readonly killed = { 'inside': 0, 'after-effects': 0 };

  /** One sequence a fault, so that none changes when another one strikes. */
  private readonly randoms: { readonly [fault in 'lostAnswers' | 'expiredIterators' | 'unreadable' | 'reshard']: SeededRandom };

  constructor(private readonly props: KinesisFaultsProps) {
    const next = (): SeededRandom => new SeededRandom(props.random.integer(0, 0x7fffffff));
    this.randoms = { lostAnswers: next(), expiredIterators: next(), unreadable: next(), reshard: next() };
  }

  get counts(): KinesisFaultCounts {
    return {
      lostAnswers: this.lostAnswers,
      unavailable: this.refused,
      expiredIterators: this.expired,
      apiKills: { inside: this.killed.inside, afterEffects: this.killed['after-effects'] },
    };
  }

  /** Whether the stream answers nothing at the moment. */
  get unavailable(): boolean {
    return this.faults.streamUnavailable === true;
  }

  /** Replaces what is on. */
  set(faults: StreamFaults): void {
    this.faults = faults;
  }

  /**
   * Has the next PutRecords held, before its effect or after it, until its caller is gone. One that waits for the same moment is enough.
   *
   * @param streams those that an API task writes to: of the caller of another one nobody can be killed. @default - all
   */
  armApiKill(moment: KillMoment, streams?: readonly string[]): void {
    this.armed.set(moment, streams && new Set(streams));
  }

  /** Takes back the kills that no call has taken, and lets the calls go on that are held. */
  disarm(): void {
    this.armed.clear();
    this.held.releaseAll();
  }

  /** Asked for each call from outside: true where it is to fail. */
  refusesCall(): boolean {
    this.refused += this.unavailable ? 1 : 0;
    return this.unavailable;
  }

  /** The same for a reader in this process. */
  refusesRead(): boolean {
    return this.refusesCall();
  }

  /** Asked for each polled read: true where its iterator has to be found expired. */
  expiresIterator(): boolean {
    const strikes = this.strikes('expiredIterators');
    this.expired += strikes ? 1 : 0;
    return strikes;
  }

  /** Asked for each write that took effect: true where its answer is to be dropped. */
  losesAnswer(): boolean {
    const strikes = this.strikes('lostAnswers');
    this.lostAnswers += strikes ? 1 : 0;
    return strikes;
  }

  /** The kill that a PutRecords to this stream takes, the one armed first. Undefined where none is armed for it. */
  takeApiKill(streamName: string): KillMoment | undefined {
    for (const [moment, streams] of this.armed) {
      if (streams === undefined || streams.has(streamName)) {
        this.armed.delete(moment);
        return moment;
      }
    }
    return undefined;
  }

  /**
   * Holds a call until its caller is gone or the kill is taken back.
   *
   * @param closed aborts when the caller's connection closes
   * @returns true where the call is to go on, because nobody killed its caller
   */
  hold(moment: KillMoment, streamName: string, closed: AbortSignal): Promise<boolean> {
    return this.held.hold(closed, () => this.props.onApiKill(streamName), () => { this.killed[moment]++; });
  }

  /**
   * Puts records of random bytes into a stream of the engine. No reader can take them for a payment or for an aggregate of some.
   *
   * @param streams those that payments come from; others hold records of another kind. @default - all
   * @returns how many the stream took; the others were throttled
   */
  putUnreadable(engine: KinesisEngine, count: number, streams: readonly string[] = engine.streamNames): number {
    const random = this.randoms.unreadable;
    if (streams.length === 0) {
      return 0;
    }
    let taken = 0;
    for (let index = 0; index < count; index++) {
      const stream = engine.stream(anyOf(streams, random));
      const data = unreadableBytes(random);
      const put = stream.put(`unreadable-${random.integer(0, 0x7fffffff)}`, data.toString('base64'), data.length);
      taken += 'throttled' in put ? 0 : 1;
    }
    return taken;
  }

  /**
   * Splits a shard of a random stream, or merges two.
   *
   * @returns how often that was done: 0 where the stream allowed neither
   */
  reshard(engine: KinesisEngine): number {
    const random = this.randoms.reshard;
    if (engine.streamNames.length === 0) {
      return 0;
    }
    return engine.stream(anyOf(engine.streamNames, random)).reshardRandomly(random) === undefined ? 0 : 1;
  }

  private strikes(fault: 'lostAnswers' | 'expiredIterators'): boolean {
    const chance = this.faults[fault];
    return chance !== undefined && this.randoms[fault].next() < chance;
  }
}

function anyOf(names: readonly string[], random: SeededRandom): string {
  return names[random.integer(0, names.length - 1)];
}
