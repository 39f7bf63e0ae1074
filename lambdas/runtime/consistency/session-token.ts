import type { StreamPosition } from '../producer/payment-stream';
import { decodeReceipt } from '../producer/receipt';
import { compareSequences } from './sequence-order';

/** How far something has come in each shard: the sequence number of the last record that it holds, by shard. */
export type ShardPositions = ReadonlyMap<string, string>;

const VERSION = '1';
const SHARD = /^[A-Za-z0-9_.-]{1,128}$/;
const SEQUENCE = /^\d{1,128}$/;

/** Longest token that is looked at: some hundred shards. */
const MAXIMUM_LENGTH = 32_768;

/**
 * What a client has written so far, so that its reads can be made to show it: for each shard of the stream the latest position among its
 * receipts. Immutable. Tokens of several sessions merge, which hands causality on: who was told of a write by its writer
 * can see it too (session guarantees; Terry and others 1994).
 */
export class SessionToken {
  /** Of a client that has written nothing. */
  public static readonly NONE = new SessionToken(new Map());

  /** Reads a token; undefined for anything that `toString` did not write. */
  public static parse(text: string): SessionToken | undefined {
    if (text.length > MAXIMUM_LENGTH) {
      return undefined;
    }
    const [version, ...parts] = Buffer.from(text, 'base64url').toString('latin1').split('~');
    if (version !== VERSION || parts.length % 2 !== 0) {
      return undefined;
    }
    const positions = new Map<string, string>();
    for (let index = 0; index < parts.length; index += 2) {
      const [shardId, sequenceNumber] = [parts[index], parts[index + 1]];
      if (!SHARD.test(shardId) || !SEQUENCE.test(sequenceNumber)) {
        return undefined;
      }
      positions.set(shardId, sequenceNumber);
    }
    const token = new SessionToken(positions);
    // One text for each token: no order but ours, no shard twice, none of the characters that the decoder passes over.
    return token.toString() === text ? token : undefined;
  }

  private constructor(private readonly positions: ShardPositions) {}

  /** After one more write. */
  public after({ shardId, sequenceNumber }: Pick<StreamPosition, 'shardId' | 'sequenceNumber'>): SessionToken {
    return this.merge(new SessionToken(new Map([[shardId, sequenceNumber]])));
  }

  /** After the write that a receipt stands for; undefined for anything that is not a receipt. */
  public afterReceipt(receipt: string): SessionToken | undefined {
    const position = decodeReceipt(receipt);
    return position && this.after(position);
  }

  /** What both have written. */
  public merge(other: SessionToken): SessionToken {
    const merged = new Map(this.positions);
    for (const [shardId, sequenceNumber] of other.positions) {
      const known = merged.get(shardId);
      if (known === undefined || compareSequences(sequenceNumber, known) > 0) {
        merged.set(shardId, sequenceNumber);
      }
    }
    return new SessionToken(merged);
  }

  /** Shards that were written to. */
  public get shardIds(): readonly string[] {
    return [...this.positions.keys()];
  }

  /** Whether somebody who has come so far holds all that was written. */
  public isHeldBy(applied: ShardPositions): boolean {
    return [...this.positions].every(([shardId, sequenceNumber]) => {
      const reached = applied.get(shardId);
      return reached !== undefined && compareSequences(reached, sequenceNumber) >= 0;
    });
  }

  /** Opaque to clients; fits into a URL and a header as it is (base64url). */
  public toString(): string {
    const parts = [...this.positions].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
    return Buffer.from([VERSION, ...parts].join('~'), 'latin1').toString('base64url');
  }
}
