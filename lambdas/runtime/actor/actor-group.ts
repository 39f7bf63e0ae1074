import { isRetryable } from '../aws/errors';
import { requireWholeNumber } from '../configuration/option-rules';
import { compareSequences } from '../consistency/sequence-order';
import { BoundedMap } from '../http/bounded-map';
import { Bulkhead } from '../resilience/bulkhead';
import { type Attempts, RetryPolicy } from '../retry/retry';
import type { Snapshot, SnapshotStore } from './snapshot-store';

/** A message to the actor of a key. */
export interface ActorMessage<Message> {
  readonly key: string;
  /** Place in the stream; of one key later messages have greater ones, over the shards of a stream that was split too, as with Kinesis. */
  readonly sequence: string;
  readonly message: Message;
}

/** What became of a message. `failed`: it, or one before it, has had no effect yet and must be delivered again. */
export type ActorOutcome = { readonly kind: 'applied' } | { readonly kind: 'contained' } | { readonly kind: 'failed'; readonly error: Error };

export interface ActorGroupOptions<State, Message> {
  readonly store: SnapshotStore<State>;
  /** State before the first message. */
  readonly initial: (key: string) => State;
  /**
   * The next state. It must be a function of its arguments, as a message may be handled again whose effect was not stored; and leave the old
   * state as it is. When it throws, the actor stops before that message until it is delivered again.
   */
  readonly handle: (state: State, message: Message, key: string) => State;
  /** Messages that may wait for one actor; 1 to 1,000,000. @default 1000 */
  readonly mailboxMessages?: number;
  /** Actors that work at once; 1 to 10,000. @default 16 */
  readonly concurrency?: number;
  /** Actors whose state is remembered, so that it need not be read; 1 to 10,000,000. @default 10000 */
  readonly rememberedActors?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

interface Letter<Message> extends ActorMessage<Message> {
  readonly deadline: number | undefined;
  readonly conclude: (outcome: ActorOutcome) => void;
}

interface Actor<Message> {
  mailbox: Letter<Message>[];
  isBusy: boolean;
  /** What becomes of the letter that came last. */
  last?: Promise<ActorOutcome>;
  /**
   * Sequences of messages that failed and were not handled since, with what went wrong. Later messages wait for them: a message that is taken
   * before an earlier one makes that one look like a repetition.
   */
  failed: Map<string, Error>;
}

const APPLIED: ActorOutcome = { kind: 'applied' };
const CONTAINED: ActorOutcome = { kind: 'contained' };

/**
 * Actors on a keyed stream: one for each key, which handles the messages of the key one by one, in their order.
 *
 * A stream gives the records of a key to one reader, but not to one for sure: a reader that is frozen or cut off is replaced, and comes back. So
 * whoever stores a state does it on the condition that it is the one it began with (`version`); the one of two that comes later loses, reads the
 * state and goes on from there. The state knows the last message that it contains, so a message that comes again has no
 * second effect. What waits in the mailbox is stored with one write.
 *
 * The effect of a message is the state; what must happen elsewhere belongs into the state (an outbox) and is done from there.
 */
export class ActorGroup<State, Message> {
  private readonly store: SnapshotStore<State>;
  private readonly initial: (key: string) => State;
  private readonly handle: (state: State, message: Message, key: string) => State;
  private readonly mailboxMessages: number;
  private readonly retry: RetryPolicy;
  private readonly places: Bulkhead;
  private readonly actors = new Map<string, Actor<Message>>();
  private readonly remembered: BoundedMap<string, Snapshot<State>>;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: ActorGroupOptions<State, Message>) {
    const { mailboxMessages = 1_000, concurrency = 16, rememberedActors = 10_000 } = options;
    requireWholeNumber('mailboxMessages', mailboxMessages, 1, 1_000_000);
    requireWholeNumber('concurrency', concurrency, 1, 10_000);
    requireWholeNumber('rememberedActors', rememberedActors, 1, 10_000_000);
    this.store = options.store;
    this.initial = options.initial;
    this.handle = options.handle;
    this.mailboxMessages = mailboxMessages;
    this.retry = options.retry ?? new RetryPolicy();
    // Who waits for a place is bounded by what waits in mailboxes.
    this.places = new Bulkhead({ concurrency, queue: Number.MAX_SAFE_INTEGER });
    this.remembered = new BoundedMap(rememberedActors);
  }

  /**
   * Puts a message into the mailbox of its actor.
   *
   * @param deadline time after which no new attempt to store starts, in milliseconds since 1970. @default - none
   * @returns what becomes of it, once that is stored; undefined when the mailbox is full: nothing was taken
   */
  public tell(message: ActorMessage<Message>, deadline?: number): Promise<ActorOutcome> | undefined {
    const actor: Actor<Message> = this.actors.get(message.key) ?? { mailbox: [], isBusy: false, failed: new Map() };
    if (actor.mailbox.length >= this.mailboxMessages) {
      return undefined;
    }
    this.actors.set(message.key, actor);
    actor.last = new Promise((conclude) => {
      actor.mailbox.push({ ...message, deadline, conclude });
    });
    if (!actor.isBusy) {
      actor.isBusy = true;
      void this.places.run(() => this.work(message.key, actor));
    }
    return actor.last;
  }

  /**
   * Hands over a batch of a shard, in its order, and waits for its end. A full mailbox holds the batch up.
   *
   * @param deadline as with `tell`
   * @returns position of the first message that must be delivered again, with all after it; `messages.length` when none
   */
  public async deliver(messages: readonly ActorMessage<Message>[], deadline?: number): Promise<number> {
    const outcomes: Promise<ActorOutcome>[] = [];
    for (const message of messages) {
      let outcome = this.tell(message, deadline);
      while (outcome === undefined) {
        // When the last letter is concluded the mailbox is empty, unless others were faster: then they are waited for.
        await this.actors.get(message.key)?.last;
        outcome = this.tell(message, deadline);
      }
      outcomes.push(outcome);
    }
    const first = (await Promise.all(outcomes)).findIndex(({ kind }) => kind === 'failed');
    return first < 0 ? messages.length : first;
  }

  private async work(key: string, actor: Actor<Message>): Promise<void> {
    while (actor.mailbox.length > 0) {
      // A copy: more letters may come meanwhile.
      const letters = [...actor.mailbox];
      const deadline = Math.max(...letters.map((letter) => letter.deadline ?? Number.POSITIVE_INFINITY));
      const outcomes = await this.settle(key, actor, letters, this.retry.begin(deadline));
      actor.mailbox = actor.mailbox.slice(letters.length);
      letters.forEach((letter, index) => letter.conclude(outcomes[index]));
    }
    actor.isBusy = false;
    if (actor.failed.size === 0) {
      this.actors.delete(key);
    }
  }

  /** Stores what letters do, or finds out why it cannot. */
  private async settle(key: string, actor: Actor<Message>, letters: readonly Letter<Message>[], attempts: Attempts): Promise<ActorOutcome[]> {
    let snapshot = this.remembered.get(key);
    for (;;) {
      let error: unknown;
      try {
        snapshot ??= await this.store.load(key);
        const round = this.fold(key, actor, letters, snapshot);
        if (round.next === undefined || await this.store.save(key, round.next, snapshot?.version) === 'saved') {
          const known = round.next ?? snapshot;
          if (known !== undefined) {
            this.remembered.set(key, known);
          }
          attempts.succeeded();
          actor.failed = round.failed;
          return round.outcomes;
        }
        error = new Error(`somebody else has stored the state of ${JSON.stringify(key)}`);
      } catch (thrown) {
        error = thrown;
        if (!isRetryable(error)) {
          return this.fail(key, actor, letters, error as Error);
        }
      }
      // Nobody knows what is stored now.
      this.remembered.delete(key);
      snapshot = undefined;
      if (!(await attempts.again())) {
        return this.fail(key, actor, letters, error as Error);
      }
    }
  }

  private fold(
    key: string, actor: Actor<Message>, letters: readonly Letter<Message>[], snapshot: Snapshot<State> | undefined,
  ): { readonly outcomes: ActorOutcome[]; readonly failed: Map<string, Error>; readonly next?: Snapshot<State> } {
    const outcomes: ActorOutcome[] = [];
    let state = snapshot === undefined ? this.initial(key) : snapshot.state;
    let lastSequence = snapshot?.lastSequence;
    // What was handled after all, here with a lost answer or by somebody else, holds nobody up.
    const isLeft = (sequence: string): boolean => lastSequence === undefined || compareSequences(sequence, lastSequence) > 0;
    const failed = new Map([...actor.failed].filter(([sequence]) => isLeft(sequence)));
    let isChanged = false;
    for (const { sequence, message } of letters) {
      if (!isLeft(sequence)) {
        outcomes.push(CONTAINED);
        continue;
      }
      const earlier = [...failed].find(([it]) => compareSequences(it, sequence) < 0);
      try {
        if (earlier !== undefined) {
          throw earlier[1];
        }
        state = this.handle(state, message, key);
        failed.delete(sequence);
        lastSequence = sequence;
        isChanged = true;
        outcomes.push(APPLIED);
      } catch (error) {
        failed.set(sequence, error as Error);
        outcomes.push({ kind: 'failed', error: error as Error });
      }
    }
    return isChanged && lastSequence !== undefined
      ? { outcomes, failed, next: { state, lastSequence, version: (snapshot?.version ?? 0) + 1 } }
      : { outcomes, failed };
  }

  private fail(key: string, actor: Actor<Message>, letters: readonly Letter<Message>[], error: Error): ActorOutcome[] {
    this.remembered.delete(key);
    letters.forEach(({ sequence }) => actor.failed.set(sequence, error));
    return letters.map(() => ({ kind: 'failed', error }));
  }
}
