import { createHash } from 'node:crypto';
import { type KnownScript, knownScript, type StoredValue } from './known-scripts';
import type { Reply } from './resp';

/** Entries that are kept at most; beyond it those go that were used longest ago. */
const MOST_ENTRIES = 500_000;
const HASH_SLOTS = 16_384;
const NODE_ID = '0'.repeat(40);

const OK: Reply = { status: 'OK' };

interface Entry {
  readonly value: StoredValue;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * The commands of Redis that this kit's handlers send, on a map: a cluster of one node that holds every slot. Of scripts it knows those of this
 * kit, by their first lines, and does what they do without Lua.
 */
export class MemoryCache {
  private readonly entries = new Map<string, Entry>();
  /** Scripts that were sent in full, by their SHA-1. */
  private readonly scripts = new Map<string, KnownScript>();

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
        return this.run(this.scripts.get(rest[0]), rest.slice(1));
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
    const script = knownScript(text);
    if (script === undefined) {
      return { error: 'ERR this cache runs no scripts but those of this kit' };
    }
    this.scripts.set(createHash('sha1').update(text).digest('hex'), script);
    return this.run(script, rest);
  }

  /** Number of keys, key, parameters. */
  private run(script: KnownScript | undefined, [keys, key = '', ...parameters]: readonly string[]): Reply {
    if (script === undefined) {
      return { error: 'NOSCRIPT No matching script. Please use EVAL.' };
    }
    const result = keys === '1' ? script(this.entryOf(key)?.value, parameters, this.now()) : undefined;
    if (result === undefined) {
      return { error: 'ERR a script takes one key and the parameters that it names' };
    }
    if (result.value !== undefined) {
      this.put(key, result.value, result.lifetimeMilliseconds ?? Number.POSITIVE_INFINITY);
    }
    return result.reply;
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
