import { inTime } from '../resilience/timeout';
import type { CacheLogin } from './cache-token';
import { hashSlot } from './hash-slot';

/** Where the cache listens. */
export interface CacheEndpoint {
  readonly host: string;
  readonly port: number;
}

/** One connection of the client library, as far as it is used here. */
export interface RedisNode {
  readonly isReady: boolean;
  sendCommand(words: readonly string[]): Promise<unknown>;
  reAuthenticate(login: CacheLogin): Promise<void>;
}

/** A node that keys live on. */
export interface Placement {
  /** Host and port. */
  readonly address: string;
  /** Undefined while there is no connection to the node. */
  readonly node: RedisNode | undefined;
}

/** What a client of a whole cluster, or of a single server, has in common. */
export interface RedisConnection {
  /** Finds out what nodes there are. @throws Error when no endpoint tells */
  open(): Promise<void>;
  /** Where a key lives. Connects to that node in the background where there is no connection. Undefined while nobody knows. */
  placeOf(key: string): Placement | undefined;
  /** Sends a command to wherever its key lives by now. For those that a node has passed on. */
  follow(key: string, words: readonly string[], isReadOnly: boolean): Promise<unknown>;
  /** All nodes that a connection exists to. */
  nodes(): RedisNode[];
  destroy(): void;
}

export interface RedisConnectionOptions {
  readonly endpoints: readonly CacheEndpoint[];
  /** Whether the endpoints belong to a cluster, whose keys live on many nodes. */
  readonly cluster: boolean;
  readonly tls: boolean;
  /** Asked before each authentication. @default - nobody authenticates */
  readonly login?: () => Promise<CacheLogin>;
  /** How long connecting to a node may take, in milliseconds. */
  readonly connectMilliseconds: number;
  /** How long to wait before attempt number `attempt` (from 0) to connect again, in milliseconds. */
  readonly reconnectDelay: (attempt: number) => number;
  /** Is told of every lost connection and every attempt that failed. */
  readonly onError: (error: Error) => void;
}

/** Loads the client library, which nobody pays for who has no cache, and makes a connection that is not open yet. */
export async function createConnection(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { createClient, createCluster } = await import('@redis/client');
  const { endpoints, login, tls, connectMilliseconds: connectTimeout, reconnectDelay: reconnectStrategy } = options;
  const socket = { connectTimeout, reconnectStrategy, keepAliveInitialDelay: 5_000, ...(tls ? { tls: true as const } : undefined) };
  const defaults = {
    // The older of the two protocols says everything that is said here.
    RESP: 2 as const,
    // A command that cannot be sent now is of no use later. How long one may take is watched outside, for many at once.
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
    ...(login === undefined ? undefined : { credentialsProvider: { type: 'async-credentials-provider' as const, credentials: login } }),
  };
  if (!options.cluster) {
    const client = createClient({ ...defaults, socket: { ...socket, ...endpoints[0] } });
    return new SingleConnection(client, endpoints[0], options.onError);
  }
  const cluster = createCluster({
    RESP: 2,
    rootNodes: endpoints.map(({ host, port }) => ({ socket: { host, port, ...(tls ? { tls: true as const } : undefined) } })),
    defaults: { ...defaults, socket },
    commandOptions: { timeout: 0 },
    // A node that is down must not keep the others from being used.
    minimizeConnections: true,
    topologyRefreshOnReconnectionAttemptStrategy: 1_000,
  });
  cluster.on('error', options.onError);
  cluster.on('node-error', options.onError);
  return new ClusterConnection(cluster as unknown as Cluster, connectTimeout);
}

interface Master {
  readonly address: string;
  readonly client?: RedisNode;
}

/** The client library's cluster, as far as it is used here. */
interface Cluster {
  connect(): Promise<unknown>;
  readonly slots: readonly ({ readonly master: Master } | undefined)[];
  readonly masters: readonly Master[];
  nodeClient(master: Master): Promise<unknown>;
  sendCommand(key: string, isReadOnly: boolean, words: readonly string[]): Promise<unknown>;
  destroy(): void;
}

/**
 * A cluster. Commands go straight to the node that holds their key: the library's own way, which looks each command up and follows it,
 * takes four times the CPU and is left for keys that have moved.
 */
class ClusterConnection implements RedisConnection {
  public constructor(private readonly cluster: Cluster, private readonly connectMilliseconds: number) {}

  /** Waits for the nodes, too, but not for long: one that is down must not keep the others from being used. */
  public async open(): Promise<void> {
    await this.cluster.connect();
    const connected = Promise.all(this.cluster.masters.map((master) => this.connect(master)));
    await inTime(connected, this.connectMilliseconds).catch(() => undefined);
  }

  public placeOf(key: string): Placement | undefined {
    const master = this.cluster.slots[hashSlot(key)]?.master;
    if (master === undefined) {
      return undefined;
    }
    if (master.client === undefined) {
      void this.connect(master);
    }
    return { address: master.address, node: master.client };
  }

  public follow(key: string, words: readonly string[], isReadOnly: boolean): Promise<unknown> {
    return this.cluster.sendCommand(key, isReadOnly, words);
  }

  public nodes(): RedisNode[] {
    return this.cluster.masters.flatMap(({ client }) => client ?? []);
  }

  public destroy(): void {
    this.cluster.destroy();
  }

  private async connect(master: Master): Promise<void> {
    // Its failures are told as events of the node.
    await this.cluster.nodeClient(master).catch(() => undefined);
  }
}

/** The client library's client of one server. */
interface Client extends RedisNode {
  on(event: 'error', listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
}

class SingleConnection implements RedisConnection {
  private readonly client: Client;
  private readonly address: string;

  public constructor(client: unknown, { host, port }: CacheEndpoint, onError: (error: Error) => void) {
    this.client = client as Client;
    this.client.on('error', onError);
    this.address = `${host}:${port}`;
  }

  public async open(): Promise<void> {
    await this.client.connect();
  }

  public placeOf(): Placement {
    return { address: this.address, node: this.client };
  }

  public follow(_key: string, words: readonly string[]): Promise<unknown> {
    return this.client.sendCommand(words);
  }

  public nodes(): RedisNode[] {
    return [this.client];
  }

  public destroy(): void {
    this.client.destroy();
  }
}
