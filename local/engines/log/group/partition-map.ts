/** One value for each partition of some topics. */
export class PartitionMap<Value> {
  private readonly byTopic = new Map<string, Map<number, Value>>();

  get topics(): readonly string[] {
    return [...this.byTopic.keys()];
  }

  get(topic: string, partition: number): Value | undefined {
    return this.byTopic.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: Value): void {
    let partitions = this.byTopic.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.byTopic.set(topic, partitions);
    }
    partitions.set(partition, value);
  }

  /** Partitions of a topic that have a value, ascending. */
  partitions(topic: string): readonly number[] {
    return [...this.byTopic.get(topic)?.keys() ?? []].sort((one, other) => one - other);
  }
}
