/** How a Kinesis stream gets its capacity, and is paid for. */
export enum StreamCapacityMode {
  /** As many shards as the workload needs: the load is stated, so nothing has to be guessed while the stream runs. */
  PROVISIONED = 'provisioned',

  /** As many shards as the service finds that the stream needs. A new stream takes little, and doubles what it saw by and by. */
  ON_DEMAND = 'on-demand',

  /** The cheaper one of those that take the peak from the first day. */
  LEAST_COST = 'least-cost',
}
