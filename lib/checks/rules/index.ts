import type { Rule } from '../rule';
import { ALARM_RULES } from './alarm';
import { CAPACITY_RULES } from './capacity';
import { COST_RULES } from './cost';
import { EDGE_RULES } from './edge';
import { RESILIENCE_RULES } from './resilience';
import { SECURITY_RULES } from './security';
import { STREAM_RULES } from './stream';
import { TABLE_RULES } from './table';
import { WORKER_RULES } from './worker';

/** All rules, in the order of their ids. */
export const RULES: readonly Rule[] = [
  ...STREAM_RULES, ...WORKER_RULES, ...TABLE_RULES, ...ALARM_RULES, ...SECURITY_RULES, ...EDGE_RULES, ...CAPACITY_RULES, ...RESILIENCE_RULES,
  ...COST_RULES,
];
