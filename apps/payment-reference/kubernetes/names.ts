/** Namespace of what takes and settles payments, and of the gateways before it. */
export const NAMESPACE = 'pay';
/** Group of the workers of the topic. */
export const CONSUMER_GROUP = 'payment-worker';
/** Service accounts of the pods: their deployments are named alike. */
export const API = 'payment-api';
export const WORKER = 'payment-worker';
/** Name under which workers count what they settle. */
export const WORKER_METRICS = 'payment-stream-worker';
/** Service account of what looks after the ledger: the only one that owns the databases. */
export const UPKEEP = 'ledger-maintenance';
