import type { FaultPart } from '../faults';
import { apiEnvironments, type RunPlan } from './run-plan';

/** What of a plan faults can strike. */
export function faultParts(plan: RunPlan): FaultPart[] {
  const environments = apiEnvironments(plan);
  const there: { readonly [part in FaultPart]: boolean } = {
    'function': plan.mappings.length > 0,
    'worker pod': plan.topics.length > 0 && plan.pods.some(({ role }) => role === 'worker'),
    'stream': plan.streams.some(({ name }) => environments.some(({ STREAM_NAME }) => STREAM_NAME === name)),
    'topic': plan.topics.length > 0,
    'table': plan.tables.length > 0,
    'ledger table': environments.some((environment) => 'LEDGER_TABLES' in environment),
    'table stream': plan.tables.some(({ streamArn }) => streamArn !== undefined),
    'database': plan.databases.length > 0,
    'cache': plan.caches.length > 0,
  };
  return (Object.keys(there) as FaultPart[]).filter((part) => there[part]);
}
