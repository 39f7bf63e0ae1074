import { createHash } from 'node:crypto';
import type { Reply } from './resp';
import { leaseTokens, LEASE_SCRIPT_MARK, type TokenBucket } from './token-lease';

/** Entries that are kept at most; beyond it those go that were used longest ago. */
const MOST_ENTRIES = 500_000;
const HASH_SLOTS = 16_384;
const NODE_ID = '0'.repeat(40);

const OK: Reply = { status: 'OK' };

interface Entry {
  readonly value: string | TokenBucket;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * The commands of Redis that this kit's handlers send, on a map: a cluster of one node that holds every slot. Of scripts it knows the one that leases
 * tokens, by its first line, and does what that does without Lua.
 */
export class MemoryCache {
  private readonly entries = new Map<string, Entry>();
  /** SHA-1 of scripts that were sent in full. */
  private readonly scripts = new Set<string>();

  /**
   * @param address where clients find the only node
   * @param now milliseconds since 1970
   */
  constructor(private readonly address: { readonly host: string; readonly port: number }, private readonly now: () => number = Date.now) {}

  /** Carries out one command. */
  execute(words: readonly string[]): Reply {
    const [command = '', ...rest] = words;
    switch (command.toUpperCase()) {
      case 'GET':
        return this.get(rest[0]);
      case 'MGET':
        return rest.map((key) => this.get(key));
      case 'SET':
        return this.set(rest);
      case 'DEL':
        return rest.filter((key) => this.entries.delete(key)).length;
      case 'DBSIZE':
        return this.entries.size;
      case 'EVAL':
        return this.evaluate(rest);
      case 'EVALSHA':
        return this.scripts.has(rest[0]) ? this.lease(rest) : { error: 'NOSCRIPT No matching script. Please use EVAL.' };
      case 'CLUSTER':
        return this.cluster(rest[0]);
      case 'PING':
        return { status: 'PONG' };
      case 'AUTH':
      case 'CLIENT':
      case 'SELECT':
      case 'READONLY':
      case 'QUIT':
        return OK;
      case 'FLUSHALL':
        this.entries.clear();
        return OK;
      default:
        return { error: `ERR unknown command '${command.slice(0, 64)}'` };
    }
  }

  private get(key: string): string | null {
    const entry = this.entryOf(key);
    return typeof entry?.value === 'string' ? entry.value : null;
  }

  private entryOf(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    this.entries.delete(key);
    if (entry.expiresAt <= this.now()) {
      return undefined;
    }
    // Again at the end, where those are that were used last.
    this.entries.set(key, entry);
    return entry;
  }

  private set([key, value, unit, time]: readonly string[]): Reply {
    const factor = unit === undefined ? undefined : { PX: 1, EX: 1_000 }[unit.toUpperCase()];
    const lifetime = unit === undefined ? Infinity : Number(time) * (factor ?? NaN);
    if (key === undefined || value === undefined || !(lifetime > 0)) {
      return { error: 'ERR syntax error' };
    }
    this.put(key, value, lifetime);
    return OK;
  }

  private put(key: string, value: Entry['value'], lifetimeMilliseconds: number): void {
    this.entries.delete(key);
    this.entries.set(key, { value, expiresAt: this.now() + lifetimeMilliseconds });
    if (this.entries.size > MOST_ENTRIES) {
      this.entries.delete(this.entries.keys().next().value as string);
    }
  }

  private evaluate([text = '', ...rest]: readonly string[]): Reply {
    if (!text.startsWith(LEASE_SCRIPT_MARK)) {
      return { error: 'ERR this cache runs no scripts but the one that leases tokens' };
    }
    const sha1 = createHash('sha1').update(text).digest('hex');
    this.scripts.add(sha1);
    return this.lease([sha1, ...rest]);
  }

  /** Script, number of keys, key, rate, owed, wanted. */
  private lease([, keys, key = '', ...parameters]: readonly string[]): Reply {
    const [rate, owed, wanted] = parameters.map(Number);
    if (keys !== '1' || parameters.length !== 3 || !(rate > 0) || !(owed >= 0) || !(wanted >= 0)) {
      return { error: 'ERR a lease takes one key and three numbers' };
    }
    const stored = this.entryOf(key)?.value;
    const lease = leaseTokens(typeof stored === 'object' ? stored : undefined, { rate, owed, wanted }, this.now());
    if (lease.bucket !== undefined) {
      this.put(key, lease.bucket, lease.lifetimeMilliseconds);
    }
    return lease.reply;
  }

  private cluster(subcommand = ''): Reply {
    const { host, port } = this.address;
    switch (subcommand.toUpperCase()) {
      case 'SLOTS':
        return [[0, HASH_SLOTS - 1, [host, port, NODE_ID]]];
      case 'INFO':
        return `cluster_state:ok\r\ncluster_slots_assigned:${HASH_SLOTS}\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n`;
      default:
        return { error: `ERR unknown subcommand '${subcommand.slice(0, 64)}'` };
    }
  }
}
