/** The one broker. Not 0, which the client takes for none. */
export const NODE_ID = 1;

export const CLUSTER_ID = 'cdk-high-throughput';

/** It is reached from this machine alone. */
export const HOST = '127.0.0.1';
