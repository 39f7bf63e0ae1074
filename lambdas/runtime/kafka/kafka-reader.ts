import type { Consumer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };
import { isKafkaError } from './kafka-connection';
import type { FetchedRecords, FetchOptions, FetchPosition, LogRecord } from './record-log';

/** Offset of the oldest record and the one that the next will have, as the protocol asks for them. */
const OLDEST = -2n;
const NEXT = -1n;

/** Isolation level that leaves out records of transactions that were broken off. */
const READ_COMMITTED = 1;

/** A leader epoch that is not checked: an answer of a broker that leads no longer is an error of its own. */
const ANY_EPOCH = -1;

/** Bits of `attributes` of a batch whose records are marks of transactions. See KIP-98. */
const CONTROL_BATCH = 0b10_0000;

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];

/** What came of a request to a broker. */
interface Answer {
  readonly node: number;
  readonly fetched?: readonly FetchedRecords[];
  readonly error?: unknown;
}

/**
 * Reads a topic. Each broker has at most one request under way, and the first answer is given on, so that one that has nothing keeps no other
 * waiting.
 */
export class KafkaReader {
  private readonly underWay = new Map<number, Promise<Answer>>();

  /** @param client never joins a group: it reads over connections of its own, so that heartbeats do not wait behind reads */
  public constructor(private readonly client: Consumer, private readonly topic: string) {
    client.topics.trackAll(topic);
  }

  public async fetch(positions: readonly FetchPosition[], options: FetchOptions): Promise<readonly FetchedRecords[]> {
    const byNode = new Map<number, FetchPosition[]>();
    const metadata = await this.client.metadata({ topics: [this.topic] });
    const { id, partitions } = metadata.topics.get(this.topic)!;
    for (const position of positions) {
      const node = partitions[position.partition].leader;
      if (byNode.has(node)) {
        byNode.get(node)!.push(position);
      } else {
        byNode.set(node, [position]);
      }
    }
    for (const [node, some] of byNode) {
      if (!this.underWay.has(node)) {
        this.underWay.set(node, this.ask(node, id, some, options));
      }
    }
    const { node, fetched, error } = await Promise.race(this.underWay.values());
    this.underWay.delete(node);
    if (fetched === undefined) {
      throw error;
    }
    return fetched;
  }

  /** By partition, the offset of the oldest record. */
  public async oldest(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.offsets(partitions, OLDEST);
  }

  public async close(): Promise<void> {
    await this.client.close().catch(() => undefined);
  }

  /** Never throws. */
  private async ask(node: number, topicId: string, positions: readonly FetchPosition[], options: FetchOptions): Promise<Answer> {
    const { partitionBytes, waitMilliseconds } = options;
    try {
      const response = await this.client.fetch({
        node, maxWaitTime: waitMilliseconds, minBytes: 1, maxBytes: partitionBytes * positions.length, isolationLevel: READ_COMMITTED,
        topics: [{
          topicId,
          partitions: positions.map(({ partition, offset }) => ({
            partition, fetchOffset: BigInt(offset), partitionMaxBytes: partitionBytes, currentLeaderEpoch: ANY_EPOCH, lastFetchedEpoch: ANY_EPOCH,
          })),
        }],
      });
      const asked = new Map(positions.map(({ partition, offset }) => [partition, offset]));
      const answered = response.responses.flatMap(({ partitions }) => partitions);
      return { node, fetched: answered.map((each) => fetchedOf(each, asked.get(each.partitionIndex)!)) };
    } catch (error) {
      try {
        if (isKafkaError(error, 'OFFSET_OUT_OF_RANGE')) {
          return { node, fetched: await this.beyondRetention(positions) };
        }
        // Another broker may lead now.
        await this.client.metadata({ topics: [this.topic], forceUpdate: true });
      } catch {
        // The first error says more.
      }
      return { node, error };
    }
  }

  /** Where records were asked for that are not kept any more: what is kept. */
  private async beyondRetention(positions: readonly FetchPosition[]): Promise<FetchedRecords[]> {
    const partitions = positions.map(({ partition }) => partition);
    const [oldest, next] = [await this.offsets(partitions, OLDEST), await this.offsets(partitions, NEXT)];
    return positions.map(({ offset: from, partition }) => {
      const logStart = oldest.get(partition)!;
      return { partition, from, records: [], next: Math.max(from, logStart), logStart, logEnd: next.get(partition)! };
    });
  }

  private async offsets(partitions: readonly number[], timestamp: bigint): Promise<Map<number, number>> {
    const offsets = await this.client.listOffsets({ topics: [this.topic], partitions: { [this.topic]: [...partitions] }, timestamp });
    return new Map(partitions.map((partition) => [partition, Number(offsets.get(this.topic)![partition])]));
  }
}

/** A broker answers whole batches, so the first may begin below what was asked for. */
function fetchedOf({ highWatermark, logStartOffset, partitionIndex, records: batches = [] }: FetchedPartition, from: number): FetchedRecords {
  const records: LogRecord[] = [];
  let next = from;
  for (const { attributes, firstOffset, firstTimestamp, lastOffsetDelta, records: some } of batches) {
    const first = Number(firstOffset);
    if ((attributes & CONTROL_BATCH) === 0) {
      for (const { offsetDelta, timestampDelta, value } of some) {
        if (first + offsetDelta >= from) {
          records.push({ offset: first + offsetDelta, value, timestamp: Number(firstTimestamp + timestampDelta) });
        }
      }
    }
    next = Math.max(next, first + lastOffsetDelta + 1);
  }
  return { partition: partitionIndex, from, records, next, logStart: Number(logStartOffset), logEnd: Number(highWatermark) };
}
