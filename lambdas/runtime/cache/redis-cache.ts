import type { Metrics } from '../observability/metrics';
import { type Admission, CircuitBreaker } from '../resilience/circuit-breaker';
import { CallTimeoutError, inTime } from '../resilience/timeout';
import { type Clock, type Random, systemClock } from '../retry/clock';
import { type Cache, type CacheEntry, type CacheReading, type CacheScript, CacheUnavailableError } from './cache';
import type { CacheLogin } from './cache-token';
import { type CacheEndpoint, createConnection, type Placement, type RedisConnection } from './redis-connection';

export interface RedisCacheOptions {
  /** Where to find the cache: of a cluster its configuration endpoint, or some of its nodes. At least one. */
  readonly endpoints: readonly CacheEndpoint[];
  /** Whether they belong to a cluster, whose keys live on many nodes. @default true */
  readonly cluster?: boolean;
  /** @default true */
  readonly tls?: boolean;
  /** Asked before each authentication. @default - nobody authenticates */
  readonly login?: () => Promise<CacheLogin>;
  /** How long a call may take, in milliseconds. @default 10 */
  readonly budgetMilliseconds?: number;
  /** How long connecting to a node may take, in milliseconds. @default 1000 */
  readonly connectMilliseconds?: number;
  /**
   * How often connections authenticate anew, in milliseconds, at most. ElastiCache closes those that authenticated by IAM after 12 hours.
   *
   * @default 21600000 (6 hours)
   */
  readonly loginMilliseconds?: number;
  /** @default - nothing is counted */
  readonly metrics?: Metrics;
  /** Is told of lost connections and refused commands. They hold no keys and no values. @default - nobody is told */
  readonly onError?: (error: Error) => void;
  /** Of the circuit breakers. @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
  /** @default Math.random */
  readonly random?: Random;
}

const SHORTEST_DELAY_MILLISECONDS = 50;
const LONGEST_DELAY_MILLISECONDS = 2_000;
const BREAKER = { windowMilliseconds: 10_000, minimumCalls: 10, failureShare: 0.5, openMilliseconds: 500, maximumOpenMilliseconds: 10_000 };

/** What is known of how a node behaves. It outlives connections. */
type Guards = Map<string, CircuitBreaker>;

/** The part of a call that goes to one node. */
interface NodeCall {
  readonly place: Placement;
  readonly admission: Admission;
  readonly indexes: number[];
}

/**
 * Redis or Valkey behind the client library `@redis/client`.
 *
 * Nobody who calls waits longer than the budget, whatever the cache does: a node without a connection is not asked at all, one that does not
 * answer in time is left alone for a while, each node by itself, and lost connections are made again behind the scenes, with jitter.
 */
export class RedisCache implements Cache {
  private readonly budgetMilliseconds: number;
  private readonly onError: (error: Error) => void;
  private readonly random: Random;
  private readonly guards: Guards = new Map();
  private readonly whenConnected: (() => void)[] = [];
  private readonly loginTimer: NodeJS.Timeout | undefined;
  private connection: RedisConnection | undefined;
  /** One that is being made. */
  private opening: RedisConnection | undefined;
  private connecting = false;
  private closed = false;

  /** Connects in the background. */
  public constructor(private readonly options: RedisCacheOptions) {
    this.budgetMilliseconds = options.budgetMilliseconds ?? 10;
    this.onError = options.onError ?? (() => undefined);
    this.random = options.random ?? Math.random;
    const { login, loginMilliseconds = 6 * 60 * 60_000 } = options;
    if (login !== undefined) {
      this.loginTimer = setInterval(() => { void this.loginAgain(login); }, loginMilliseconds * (1 - this.random() / 4)).unref();
    }
    this.connect();
  }

  /** Resolves once there is a connection, or the time is over. @returns whether there is one */
  public async untilConnected(milliseconds: number): Promise<boolean> {
    if (this.connection === undefined) {
      await new Promise<void>((resolve) => {
        this.whenConnected.push(resolve);
        setTimeout(resolve, milliseconds).unref();
      });
    }
    return this.connection !== undefined;
  }

  public async read(keys: readonly string[]): Promise<CacheReading> {
    const values = new Array<string | undefined>(keys.length);
    let answered = 0;
    await Promise.all(this.callsFor(keys).map(async (call) => {
      const read = async (send: Send): Promise<unknown[]> => Promise.all(call.indexes.map((index) => send(keys[index], ['GET', keys[index]])));
      const replies = await this.perform(call, read, true);
      if (replies !== undefined) {
        answered += replies.length;
        replies.forEach((reply, position) => { values[call.indexes[position]] = typeof reply === 'string' ? reply : undefined; });
      }
    }));
    return { values, unanswered: keys.length - answered };
  }

  public async write(entries: readonly CacheEntry[]): Promise<number> {
    let stored = 0;
    const calls = this.callsFor(entries.map(({ key }) => key));
    await Promise.all(calls.map(async (call) => {
      const write = async (send: Send): Promise<unknown[]> => Promise.all(call.indexes.map((index) => {
        const { key, value, lifetimeMilliseconds } = entries[index];
        return send(key, ['SET', key, value, 'PX', String(lifetimeMilliseconds)]);
      }));
      stored += (await this.perform(call, write, false))?.length ?? 0;
    }));
    return stored;
  }

  public async run(script: CacheScript, key: string, parameters: readonly string[]): Promise<readonly number[]> {
    const [call] = this.callsFor([key]);
    if (call === undefined) {
      throw new CacheUnavailableError('there is no connection to it, or it is left alone for a moment');
    }
    const reply = await this.perform(call, async (send) => {
      try {
        return await send(key, ['EVALSHA', script.sha1, '1', key, ...parameters]);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
          return send(key, ['EVAL', script.text, '1', key, ...parameters]);
        }
        throw error;
      }
    }, false);
    if (!Array.isArray(reply)) {
      throw new CacheUnavailableError('it did not answer in time');
    }
    return reply as number[];
  }

  public close(): void {
    this.closed = true;
    clearInterval(this.loginTimer);
    this.connection?.destroy();
    this.opening?.destroy();
    this.connection = undefined;
  }

  /** Sorts keys by their nodes. Left out are those whose node has no connection or is left alone. */
  private callsFor(keys: readonly string[]): NodeCall[] {
    const calls = new Map<string, NodeCall | undefined>();
    for (let index = 0; index < keys.length; index++) {
      const place = this.connection?.placeOf(keys[index]);
      if (place === undefined) {
        continue;
      }
      const known = calls.get(place.address);
      if (known !== undefined) {
        known.indexes.push(index);
      } else if (!calls.has(place.address)) {
        // Without a connection there is nothing to find out, so that no leave is asked for.
        const admission = place.node?.isReady ? this.guardOf(place.address).admit() : undefined;
        calls.set(place.address, admission === undefined ? undefined : { place, admission, indexes: [index] });
      }
    }
    return [...calls.values()].filter((call) => call !== undefined);
  }

  /**
   * Makes the calls of one node and reports how they went.
   *
   * @param work sends commands; it is done again where the node has passed on what was asked
   * @returns undefined when there was no good answer in time
   */
  private async perform<Result>(
    { place, admission }: NodeCall, work: (send: Send) => Promise<Result>, isReadOnly: boolean,
  ): Promise<Result | undefined> {
    const { connection } = this;
    const guard = this.guardOf(place.address);
    const direct: Send = (_key, words) => place.node!.sendCommand(words);
    const followed: Send = (key, words) => connection!.follow(key, words, isReadOnly);
    try {
      const result = await inTime(work(direct).catch((error: unknown) => {
        if (isRedirection(error)) {
          return work(followed);
        }
        throw error;
      }), this.budgetMilliseconds);
      guard.report(admission, 0);
      return result;
    } catch (error) {
      guard.report(admission, 1);
      if (!(error instanceof CallTimeoutError)) {
        this.onError(error as Error);
      } else if (admission.kind === 'probe') {
        // A connection can be dead for minutes before the system says so.
        this.connect();
      }
      return undefined;
    }
  }

  private guardOf(address: string): CircuitBreaker {
    let guard = this.guards.get(address);
    if (guard === undefined) {
      const { clock = systemClock, metrics } = this.options;
      guard = new CircuitBreaker({
        ...BREAKER,
        probeMilliseconds: 2 * this.budgetMilliseconds + 1_000,
        clock,
        random: this.random,
        onChange: (state) => metrics?.count(state === 'open' ? 'CacheCircuitOpened' : 'CacheCircuitClosed'),
      });
      this.guards.set(address, guard);
    }
    return guard;
  }

  /** Makes a connection in the background, in the place of the one there is. */
  private connect(): void {
    if (this.connecting || this.closed) {
      return;
    }
    this.connecting = true;
    void this.connectUntilOpen().finally(() => { this.connecting = false; });
  }

  private async connectUntilOpen(): Promise<void> {
    const { endpoints, login, cluster = true, tls = true, connectMilliseconds = 1_000 } = this.options;
    for (let attempt = 0; !this.closed; attempt++) {
      const onError = (error: Error): void => {
        if (!this.closed) {
          this.onError(error);
        }
      };
      const reconnectDelay = (times: number): number => this.delay(times);
      const connection = await createConnection({ endpoints, cluster, tls, login, connectMilliseconds, reconnectDelay, onError });
      this.opening = connection;
      try {
        await connection.open();
        if (this.closed) {
          connection.destroy();
          return;
        }
        this.connection?.destroy();
        this.connection = connection;
        this.whenConnected.splice(0).forEach((resolve) => resolve());
        return;
      } catch (error) {
        connection.destroy();
        onError(error as Error);
        await new Promise((resolve) => { setTimeout(resolve, this.delay(attempt)).unref(); });
      }
    }
  }

  /** Doubles with each attempt up to a bound; up to a half is left off, so that many processes do not come back in step. */
  private delay(attempt: number): number {
    const bound = Math.min(LONGEST_DELAY_MILLISECONDS, SHORTEST_DELAY_MILLISECONDS * 2 ** Math.min(attempt, 10));
    return Math.round(bound * (1 - this.random() / 2));
  }

  private async loginAgain(login: () => Promise<CacheLogin>): Promise<void> {
    try {
      const credentials = await login();
      await Promise.all((this.connection?.nodes() ?? []).filter(({ isReady }) => isReady).map((node) => node.reAuthenticate(credentials)));
    } catch (error) {
      this.onError(error as Error);
    }
  }
}

type Send = (key: string, words: readonly string[]) => Promise<unknown>;

/** Whether a node of a cluster says that a key lives elsewhere. */
function isRedirection(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK) /.test(error.message);
}
