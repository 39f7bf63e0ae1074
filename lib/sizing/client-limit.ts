import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatShare } from './format';
import { planned } from './planned';

/** What one client of the API may post. */
export interface ClientLimitSizing {
  /** Payments per second of one client in all cells together. */
  readonly paymentsPerSecond: number;
  readonly decisions: readonly Decision[];
}

const SHARE = 'target/edge.clientShare';
const HEADROOM = 'target/edge.rateRuleHeadroom';

/**
 * Derives the limit of a client, so that none takes the share of the others: a part of the peak, but never less than the hottest merchant needs
 * with headroom. Give it the whole workload: a client's requests come in at any cell.
 */
export function sizeClientLimit(workload: Workload, facts: Facts = Facts.DEFAULT): ClientLimitSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), () => []);
}

function sizeOnce({ keySkew, peak }: Workload, facts: Facts): ClientLimitSizing {
  const usual = facts.number(SHARE);
  const hottest = Math.min(1, keySkew.maximumShare() * facts.number(HEADROOM));
  const share = Math.max(usual, hottest);
  const paymentsPerSecond = Math.max(1, roundUp(share * peak.perSecond));
  const decision = Decision.derive({
    path: 'clientLimit',
    name: 'clientPaymentsPerSecond',
    value: paymentsPerSecond,
    unit: 'payments/s',
    formula: `max(${formatShare(usual)} of the peak, ${formatShare(keySkew.maximumShare())} of the hottest merchant x ${formatNumber(facts.number(HEADROOM))}) x`
      + ` ${formatNumber(peak.perSecond)} payments/s = ${formatNumber(paymentsPerSecond)}`,
    inputs: { peakPerSecond: peak.perSecond, hottestShare: keySkew.maximumShare() },
    binding: hottest > usual ? 'what the hottest merchant needs' : 'the part of the peak that one client may take',
    facts: [SHARE, HEADROOM],
  });
  return { paymentsPerSecond, decisions: [decision] };
}
