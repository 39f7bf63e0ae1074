import { Rate, RecoveryTier, Workload } from '../../lib/workload';

/** What the reference must carry in each environment: the one file to edit. Everything else follows from it. */
export const environments = {
  /** Four cells, any three of which carry the whole peak. */
  prod: new Workload({ peak: Rate.perSecond(100_000), cells: 4 }),

  /** The same stacks for trying things out. Not critical: the audit trail of a critical one is locked for seven years, for everybody. */
  dev: new Workload({ peak: Rate.perSecond(50), cells: 1, recoveryTier: RecoveryTier.SUPPORTING }),

  /** What one laptop runs. Nine requests of ten are batches of 1 to 50 payments, so that a request holds 23 in the mean. */
  local: new Workload({ peak: Rate.perSecond(5_000), cells: 1, paymentsPerRequest: 23 }),
} as const;

/** What an environment may cost, where somebody knows better than the bill that is computed of it: US dollars a month. */
export const monthlyBudgets: { readonly [name in EnvironmentName]?: number } = {};

/** Name of an environment. */
export type EnvironmentName = keyof typeof environments;

/**
 * The name of an environment, from what somebody typed.
 *
 * @throws Error when there is no such environment.
 */
export function environmentName(text: unknown): EnvironmentName {
  const names = Object.keys(environments);
  if (typeof text !== 'string' || !names.includes(text)) {
    throw new Error(`\`environment\` must be one of ${names.join(', ')}, got: ${String(text)}`);
  }
  return text as EnvironmentName;
}
