/** Kind of an MSK cluster. */
export enum KafkaClusterKind {
  /** Brokers with disks of their own, which grow by themselves. */
  STANDARD = 'standard',

  /** Brokers without disks: the service keeps the records, and states what each broker takes. */
  EXPRESS = 'express',

  /**
   * No brokers to see. The service encrypts with a key of its own, not with the customer's, and its topic must be made by a client
   * (`KafkaEventStream.grantCreateTopic`).
   */
  SERVERLESS = 'serverless',
}

/** How closely MSK watches the brokers; every level includes those before it. */
export enum KafkaMonitoring {
  /** Cluster, brokers and consumer groups; free of charge. */
  DEFAULT = 'DEFAULT',

  /** Threads, requests, connections and throttling of each broker. */
  PER_BROKER = 'PER_BROKER',

  /** The traffic of each topic on each broker. */
  PER_TOPIC_PER_BROKER = 'PER_TOPIC_PER_BROKER',

  /** The lag of consumer groups in each partition. */
  PER_TOPIC_PER_PARTITION = 'PER_TOPIC_PER_PARTITION',
}
