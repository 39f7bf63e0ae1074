/** Label and taint of nodes that may be taken away at two minutes' notice. */
export const SPOT_TAINT = 'cdk-high-throughput.dev/spot';
