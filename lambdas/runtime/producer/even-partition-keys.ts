import { createHash } from 'node:crypto';
import { Random } from '../retry/clock';

/** Parts of the hash key space, a power of two. With 64 shards one shard's share is exact to 1 part in 32. */
const PARTS = 2_048;

/** The odd number next to PARTS / golden ratio: multiples of it modulo PARTS visit every part, and any stretch of visits is spread evenly. */
const STRIDE = 1_265;

const KEY_LENGTH = 4;

/**
 * Partition keys that spread records over the shards of a stream more evenly than chance does, whatever the number of shards.
 *
 * Kinesis routes a record by the MD5 digest of its partition key. Here one key is known for each of 2,048 equal parts
 * of the digest's range, and the parts are visited in the order of the golden ratio. An explicit hash key would do the
 * same, but readers of aggregated records (the Kinesis Client Library, Flink) drop an aggregate whose inner partition
 * keys do not hash into the shard that it came from.
 */
export class EvenPartitionKeys {
  private readonly keys = partitionKeys();
  private part: number;

  /** @param random decides where the first key lies, so that producers started together do not march in step */
  public constructor(random: Random = Math.random) {
    this.part = Math.floor(random() * PARTS);
  }

  /** The next key. All keys have the same length. */
  public next(): string {
    this.part = (this.part + STRIDE) % PARTS;
    return this.keys[this.part];
  }
}

let known: readonly string[] | undefined;

/** One key for each part: numbers are tried until every part has one. */
function partitionKeys(): readonly string[] {
  if (known === undefined) {
    const keys: string[] = new Array<string>(PARTS);
    for (let found = 0, candidate = 0; found < PARTS; candidate++) {
      const key = candidate.toString(36).padStart(KEY_LENGTH, '0');
      const part = Math.floor(createHash('md5').update(key).digest().readUInt32BE(0) / (2 ** 32 / PARTS));
      if (keys[part] === undefined) {
        keys[part] = key;
        found++;
      }
    }
    known = keys;
  }
  return known;
}
