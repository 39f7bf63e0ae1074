import { FENCED_ENTRY_SCRIPT_MARK, setFencedEntry } from './fenced-entry';
import { leaseSlots, SLOT_LEASE_SCRIPT_MARK } from './slot-lease';
import { leaseTokens, LEASE_SCRIPT_MARK, type TokenBucket } from './token-lease';

/** What an entry of the cache holds. */
export type StoredValue = string | TokenBucket;

export interface ScriptResult {
  readonly reply: readonly number[];
  /** How the entry is left; undefined where it stays as it was. */
  readonly value?: StoredValue;
  /** After how long it is forgotten, in milliseconds. */
  readonly lifetimeMilliseconds?: number;
}

/** What a script does to its one key. @returns undefined when its parameters are not what it takes */
export type KnownScript = (stored: StoredValue | undefined, parameters: readonly string[], now: number) => ScriptResult | undefined;

const UNCHANGED: ScriptResult = { reply: [0] };

const SCRIPTS: readonly (readonly [string, KnownScript])[] = [
  [LEASE_SCRIPT_MARK, (stored, parameters, now) => {
    const [rate, owed, wanted] = parameters.map(Number);
    if (parameters.length !== 3 || !(rate > 0) || !(owed >= 0) || !(wanted >= 0)) {
      return undefined;
    }
    const { reply, bucket, lifetimeMilliseconds } = leaseTokens(typeof stored === 'object' ? stored : undefined, { rate, owed, wanted }, now);
    return { reply, value: bucket, lifetimeMilliseconds };
  }],
  [SLOT_LEASE_SCRIPT_MARK, (stored, parameters, now) => {
    const [rate, capacity, wanted] = parameters.map(Number);
    if (parameters.length !== 3 || !(rate > 0) || !(capacity >= 1) || !(wanted >= 1)) {
      return undefined;
    }
    const { reply, freeAt } = leaseSlots(typeof stored === 'string' ? Number(stored) : undefined, { rate, capacity, wanted }, now);
    return freeAt === undefined ? { reply } : { reply, value: String(freeAt), lifetimeMilliseconds: Math.ceil(freeAt - now) };
  }],
  [FENCED_ENTRY_SCRIPT_MARK, (stored, parameters) => {
    const [mark, version, text, lifetime] = parameters;
    if (parameters.length !== 4 || (mark !== '=' && mark !== '!') || !(Number(lifetime) >= 1)) {
      return undefined;
    }
    const value = setFencedEntry(typeof stored === 'string' ? stored : undefined, mark, version, text);
    return value === undefined ? UNCHANGED : { reply: [1], value, lifetimeMilliseconds: Number(lifetime) };
  }],
];

/** The script that a text is, by its first line. */
export function knownScript(text: string): KnownScript | undefined {
  return SCRIPTS.find(([mark]) => text.startsWith(mark))?.[1];
}
