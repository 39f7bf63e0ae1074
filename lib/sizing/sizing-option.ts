import { RejectedOption } from './decision';
import { formatNumber } from './format';
import { MonthlyUsd, dollars } from './monthly-cost';

/** One of several ways to build the same part. */
export interface SizingOption {
  /** The option in words, e.g. `27 x kafka.m7g.large`. */
  readonly name: string;
  readonly monthlyUsd: MonthlyUsd;
  /** 99th percentile from the request of a payment to its effect in the ledger, sum of the known steps, where nothing waits in front of it. */
  readonly settleMilliseconds?: number;
  /** Why it does not fit this workload; empty where it does. */
  readonly excuses: readonly string[];
}

/** The option that fits and costs least in a usual month; the first of equal ones. Nothing where none fits. */
export function cheapest<O extends SizingOption>(options: readonly O[]): O | undefined {
  return options
    .filter((it) => it.excuses.length === 0)
    .reduce<O | undefined>((best, it) => (best === undefined || it.monthlyUsd.typical < best.monthlyUsd.typical ? it : best), undefined);
}

/** The other options, each with its excuse or with what it costs more. */
export function losers(options: readonly SizingOption[], chosen: SizingOption): RejectedOption[] {
  return options.filter((it) => it !== chosen).map((it) => ({
    option: it.name,
    because: it.excuses.length > 0 ? it.excuses.join('; ') : againstChosen(it.monthlyUsd.typical, chosen.monthlyUsd.typical),
  }));
}

/** Options that do not fit, each with its reason. */
export function excusesOf(options: readonly SizingOption[]): string[] {
  return options.filter((it) => it.excuses.length > 0).map((it) => `${it.name}: ${it.excuses.join('; ')}`);
}

function againstChosen(usd: number, chosen: number): string {
  const difference = usd - chosen;
  if (Math.abs(difference) < 0.005) {
    return `${dollars(usd)} a month, the same`;
  }
  return `${dollars(usd)} a month, ${dollars(Math.abs(difference))} ${difference > 0 ? 'more' : 'less'}`
    + (chosen > 0 ? ` (${formatNumber(usd / chosen)} times)` : '');
}
