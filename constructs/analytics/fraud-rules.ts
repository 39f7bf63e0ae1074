import { Duration } from 'aws-cdk-lib';
import { DEFAULTS } from '../defaults';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';

/** When a payment is held. Each rule names what `docs/fraud.md` says about it. */
export interface FraudRuleOptions {
  /**
   * Payments of one payer in the velocity window, at least 1. Each payment above them is held.
   *
   * @default 10
   */
  readonly velocityPayments?: number;

  /**
   * Length of the velocity window, 1 second to 1 day.
   *
   * @default Duration.minutes(1)
   */
  readonly velocityWindow?: Duration;

  /**
   * The largest amount of a single payment by currency, in minor units. A payment above it is held at once, also when it comes late.
   *
   * @default - no limit in any currency
   */
  readonly amountLimits?: { readonly [currency: string]: number };

  /**
   * Payments of a payer in a currency before an amount can be called unusual, at least 2.
   *
   * @default 20
   */
  readonly amountHistory?: number;

  /**
   * Standard deviations above the mean of the payer's own payments from which an amount is unusual, above 0.
   *
   * @default 4
   */
  readonly amountDeviations?: number;

  /**
   * Share of the mean that counts as one deviation at least, 0 or more, so that who always pays the same is not held for a little more.
   *
   * @default 0.25
   */
  readonly amountLeastSpread?: number;

  /**
   * Time within which nobody gets from one far region to another, 1 second to 1 day. Regions are the base cells of H3; two are far when a whole
   * one lies between them, which is 1,196 km or more.
   *
   * @default Duration.minutes(15)
   */
  readonly geoWindow?: Duration;

  /**
   * Categories of merchants that sell at a distance: where they are says nothing of where the payer is. Letters, digits, `_`, `.` and `-`.
   *
   * @default - none: every merchant with a cell counts
   */
  readonly remoteCategories?: string[];

  /**
   * How late a payment may come after younger ones and still be counted in its place, 0 seconds to 1 hour. Rules with a window decide as much
   * later. What comes later still is judged by its amount limit alone, and counted in the metric `numLateRecordsDropped`.
   *
   * @default Duration.seconds(30)
   */
  readonly lateness?: Duration;

  /**
   * Time without a payment after which a payer's history is forgotten, at least the geo window.
   *
   * @default Duration.days(30)
   */
  readonly historyRetention?: Duration;
}

/** The rules in force, every one with a value. */
export type ResolvedFraudRules = Required<FraudRuleOptions>;

/**
 * Checks the rules and fills in the kit's own targets.
 *
 * @throws Error for a value outside its range.
 */
export function resolveFraudRules(options: FraudRuleOptions = {}): ResolvedFraudRules {
  const rules: ResolvedFraudRules = {
    velocityPayments: options.velocityPayments ?? DEFAULTS.fraud.velocityPayments,
    velocityWindow: options.velocityWindow ?? DEFAULTS.fraud.velocityWindow,
    amountLimits: options.amountLimits ?? {},
    amountHistory: options.amountHistory ?? DEFAULTS.fraud.amountHistory,
    amountDeviations: options.amountDeviations ?? DEFAULTS.fraud.amountDeviations,
    amountLeastSpread: options.amountLeastSpread ?? DEFAULTS.fraud.amountLeastSpread,
    geoWindow: options.geoWindow ?? DEFAULTS.fraud.geoWindow,
    remoteCategories: options.remoteCategories ?? [],
    lateness: options.lateness ?? DEFAULTS.fraud.lateness,
    historyRetention: options.historyRetention ?? DEFAULTS.fraud.historyRetention,
  };
  const { leastHistory, longestLateness, longestWindow } = DEFAULTS.fraud;
  const second = Duration.seconds(1);
  requireIntegerBetween('velocityPayments', rules.velocityPayments, 1, Number.MAX_SAFE_INTEGER);
  requireDurationBetween('velocityWindow', rules.velocityWindow, second, longestWindow);
  for (const [currency, limit] of Object.entries(rules.amountLimits)) {
    requirePattern('amountLimits', currency, /^[A-Z]{3}$/, 'by currencies of three letters');
    requireIntegerBetween(`amountLimits.${currency}`, limit, 1, Number.MAX_SAFE_INTEGER);
  }
  requireIntegerBetween('amountHistory', rules.amountHistory, leastHistory, Number.MAX_SAFE_INTEGER);
  requirePattern('amountDeviations', String(rules.amountDeviations), /^(?!0+(\.0+)?$)\d{1,9}(\.\d{1,9})?$/, 'above 0, with nine decimals at most');
  requirePattern('amountLeastSpread', String(rules.amountLeastSpread), /^\d{1,9}(\.\d{1,9})?$/, '0 or more, with nine decimals at most');
  requireDurationBetween('geoWindow', rules.geoWindow, second, longestWindow);
  for (const category of rules.remoteCategories) {
    requirePattern('remoteCategories', category, /^[A-Za-z0-9_.-]+$/, 'of letters, digits, `_`, `.` and `-`');
  }
  requireDurationBetween('lateness', rules.lateness, Duration.seconds(0), longestLateness);
  if (rules.historyRetention.toSeconds() < rules.geoWindow.toSeconds()) {
    const rule = `at least the geo window of ${rules.geoWindow.toSeconds()} seconds`;
    throw new Error(`\`historyRetention\` must be ${rule}, got: ${rules.historyRetention.toSeconds()}`);
  }
  return rules;
}

/** A duration of Flink's own form, for its options. */
function seconds(duration: Duration): string {
  return `${duration.toSeconds()} s`;
}

/** Property groups of an application: names and values by the id of the group. */
export interface PropertyGroups {
  readonly [group: string]: { readonly [name: string]: string };
}

/** The rules as `main.py` reads them. */
export function fraudRuleProperties(rules: ResolvedFraudRules): PropertyGroups {
  return {
    'fraud.rules': {
      'lateness.seconds': String(rules.lateness.toSeconds()),
      'velocity.payments': String(rules.velocityPayments),
      'velocity.seconds': String(rules.velocityWindow.toSeconds()),
      'amount.history': String(rules.amountHistory),
      'amount.deviations': String(rules.amountDeviations),
      'amount.least.spread': String(rules.amountLeastSpread),
      'geo.seconds': String(rules.geoWindow.toSeconds()),
      // The service takes no empty value; no category has this name.
      'geo.remote.categories': rules.remoteCategories.join(',') || '-',
    },
    ...(Object.keys(rules.amountLimits).length === 0 ? {} : {
      'fraud.amount.limits': Object.fromEntries(Object.entries(rules.amountLimits).map(([currency, limit]) => [currency, String(limit)])),
    }),
    'fraud.job': {
      'pipeline.name': 'fraud',
      'table.local-time-zone': 'UTC',
      'table.exec.source.idle-timeout': seconds(DEFAULTS.fraud.idleAfter),
      'table.exec.state.ttl': seconds(rules.historyRetention),
    },
  };
}
