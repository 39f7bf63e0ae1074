import { PartitionLog, type PartitionLogProps } from './partition-log';

/** A topic that is there from the start on. */
export interface TopicDefinition {
  readonly name: string;
  /** From 1 on. */
  readonly partitions: number;
}

/** A topic and its partitions. */
export interface Topic {
  readonly name: string;
  /** 32 hexadecimal digits: how newer calls name it. */
  readonly id: string;
  readonly partitions: readonly PartitionLog[];
}

/** The topics of an engine. There are no others, and none goes. */
export class Topics {
  private readonly byName = new Map<string, Topic>();
  private readonly byId = new Map<string, Topic>();

  constructor(definitions: readonly TopicDefinition[], newId: () => string, log: PartitionLogProps) {
    for (const { name, partitions } of definitions) {
      if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
        throw new Error(`\`name\` of a topic must be 1 to 249 letters, digits, '.', '_' or '-', got: ${name}`);
      }
      if (this.byName.has(name)) {
        throw new Error(`\`topics\` must have different names, got twice: ${name}`);
      }
      if (!Number.isInteger(partitions) || partitions < 1) {
        throw new Error(`\`partitions\` must be a whole number of at least 1, got: ${partitions}`);
      }
      const topic = { name, id: newId(), partitions: Array.from({ length: partitions }, (_, index) => new PartitionLog(index, log)) };
      this.byName.set(name, topic);
      this.byId.set(topic.id, topic);
    }
  }

  get all(): readonly Topic[] {
    return [...this.byName.values()];
  }

  named(name: string): Topic | undefined {
    return this.byName.get(name);
  }

  withId(id: string): Topic | undefined {
    return this.byId.get(id);
  }
}
