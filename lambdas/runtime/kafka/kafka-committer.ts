import type { Consumer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };

/** A member of a group in one round of it: what a broker asks for before it takes a commit. */
export interface GroupRound {
  readonly memberId: string;
  /** Number of the round, which goes up each time the group is dealt out. */
  readonly generationId: number;
}

/**
 * Keeps how far a member of a group is done.
 *
 * The client of the member cannot do it: it commits as whom it is when the request leaves, which may be after the group was dealt out anew, and where
 * a commit is refused it joins again and commits once more. Both would set back what the new holder of a partition has committed. This one says each
 * time in which round the partitions were held, and tries once.
 */
export class KafkaCommitter {
  private last: Promise<unknown> = Promise.resolve();

  /** @param client never joins a group and tries nothing again; heartbeats do not wait behind its commits */
  public constructor(private readonly client: Consumer, private readonly topic: string) {
    client.topics.trackAll(topic);
  }

  /**
   * @param round the one in which the partitions were held
   * @param offsets by partition, the first offset that is not done
   * @throws Error when the broker refused it, or did not answer
   */
  public commit(round: GroupRound, offsets: ReadonlyMap<number, number>): Promise<void> {
    // The client has one name at a time.
    const committed = this.last.then(() => this.send(round, offsets));
    this.last = committed.catch(() => undefined);
    return committed;
  }

  public async close(): Promise<void> {
    await this.client.close().catch(() => undefined);
  }

  private async send({ generationId, memberId }: GroupRound, offsets: ReadonlyMap<number, number>): Promise<void> {
    const { client, topic } = this;
    Object.assign(client, { generationId, memberId });
    await client.commit({
      offsets: [...offsets].map(([partition, offset]) => ({ topic, partition, offset: BigInt(offset), leaderEpoch: -1 })),
    });
  }
}
