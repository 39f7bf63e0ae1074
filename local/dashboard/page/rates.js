/** What a pair of snapshots says about the time between them. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../feed').ShardState} ShardState
 * @typedef {import('../feed').MappingState} MappingState
 * @typedef {import('../feed').TableState} TableState
 */

/** Two snapshots that are closer than this say nothing about a rate, in seconds. */
const LEAST_SECONDS = 0.2;

/**
 * Rates between two snapshots: null where there is nothing to compare with.
 */
export class Rates {
  /**
   * @param {Snapshot | undefined} before
   * @param {Snapshot} now
   */
  constructor(before, now) {
    this.now = now;
    this.before = before;
    this.seconds = before ? (now.at - before.at) / 1000 : 0;
    this.mappingsBefore = byId(before?.mappings, ({ id }) => id);
    this.tablesBefore = byId(before?.tables, ({ name }) => name);
    this.shardsBefore = new Map(before?.streams.map((stream) => [stream.name, byId(stream.shards, ({ id }) => id)]));
  }

  /**
   * How fast a counter of the snapshot grew, per second.
   *
   * @param {(snapshot: Snapshot) => number} counter
   * @returns {number | null}
   */
  of(counter) {
    return this.between(this.before && counter(this.before), counter(this.now));
  }

  /**
   * @param {string} stream
   * @param {ShardState} shard
   */
  ofShard(stream, shard) {
    // A shard that was not there before was made since: its counters began at 0.
    const made = { records: 0, bytes: 0, throttled: 0 };
    const before = this.shardsBefore.get(stream)?.get(shard.id) ?? (this.shardsBefore.has(stream) ? made : undefined);
    return {
      records: this.between(before?.records, shard.records),
      bytes: this.between(before?.bytes, shard.bytes),
      throttled: this.between(before?.throttled, shard.throttled),
    };
  }

  /** @param {MappingState} mapping */
  ofMapping(mapping) {
    const before = this.mappingsBefore.get(mapping.id);
    return { invocations: this.between(before?.invocations, mapping.invocations), delivered: this.between(before?.delivered, mapping.delivered) };
  }

  /** @param {TableState} table */
  ofTable(table) {
    const before = this.tablesBefore.get(table.name);
    return { writeUnits: this.between(before?.writeUnits, table.writeUnits), readUnits: this.between(before?.readUnits, table.readUnits) };
  }

  /**
   * @param {number | undefined} before
   * @param {number} now
   * @returns {number | null}
   */
  between(before, now) {
    return before === undefined || this.seconds < LEAST_SECONDS ? null : Math.max(0, now - before) / this.seconds;
  }
}

/**
 * @template Item
 * @param {readonly Item[] | undefined} items
 * @param {(item: Item) => string} key
 * @returns {Map<string, Item>}
 */
function byId(items, key) {
  return new Map(items?.map((item) => [key(item), item]));
}
