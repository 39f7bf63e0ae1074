import type { FactRow } from './fact';
import latencies from './latencies.json';
import measurements from './measurements.json';
import quotas from './quotas.json';
import broker from './targets/broker.json';
import checks from './targets/checks.json';
import choices from './targets/choices.json';
import compute from './targets/compute.json';
import cost from './targets/cost.json';
import dataStores from './targets/data-stores.json';
import edge from './targets/edge.json';
import foundation from './targets/foundation.json';
import fraud from './targets/fraud.json';
import kubernetes from './targets/kubernetes.json';
import observability from './targets/observability.json';
import operations from './targets/operations.json';
import paymentPath from './targets/payment-path.json';
import planning from './targets/planning.json';
import recovery from './targets/recovery.json';
import store from './targets/store.json';
import workflow from './targets/workflow.json';

const FILES = [
  quotas, latencies, measurements, paymentPath, operations, broker, compute, cost, store, dataStores, edge, recovery, planning, checks, choices,
  foundation, fraud, workflow, observability, kubernetes,
] as unknown as readonly (readonly FactRow[])[];

/** All data files but prices, in a module of its own: it is loaded when a fact is first asked for. */
export const BASE_ROWS = FILES.flat();
