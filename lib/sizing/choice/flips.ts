import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../facts';
import { LatencyTarget, Workload } from '../../workload';
import { sizeEdgeCells } from '../edge-cells';
import { formatBytes, formatNumber, formatSeconds } from '../format';
import { Seat, SEATS } from './candidate';

/** A change of the workload that might give seats to other technologies. */
export interface WorkloadChange {
  /** In words, e.g. `settle within 100 ms at p99`. */
  readonly change: string;
  /** Seats that it may have to do with. */
  readonly seats: readonly Seat[];
  readonly apply: (workload: Workload) => Workload;
}

/** A change of the workload with which another technology takes the seat. */
export interface Flip {
  readonly change: string;
  /** Name of the candidate that takes it; undefined where none can. */
  readonly pick: string | undefined;
}

const FAST_SETTLE = 100;
const SLOW_SETTLE = 60_000;
/** Of the peak. */
const SPIKY = 0.05;
const STEADY = 0.95;

/** The changes that are tried: each alone, on the workload as it is stated. Those that are already so are left out. */
export function changesOf(workload: Workload, facts: Facts): WorkloadChange[] {
  return [
    ...[FAST_SETTLE, SLOW_SETTLE].filter((it) => it !== workload.latencyTarget.settle.milliseconds).map(settling),
    ...[0, 1].filter((it) => it !== workload.publicEdgeShare).map(publicEdge),
    ...[0.001, 0.01, 0.1, 10].map((factor) => rate(workload, factor, facts)),
    ...[SPIKY, STEADY].map((share) => average(workload, share)),
    ...[128, 4096].filter((bytes) => bytes !== workload.payloadSize.meanBytes).map(payload),
    ...[1, 100].filter((payments) => payments !== workload.paymentsPerRequest).map(batches),
    ...[0, 10].filter((times) => times !== workload.readsPerPayment).map(reads),
  ];
}

function settling(milliseconds: number): WorkloadChange {
  return {
    seats: ['broker', 'compute', 'streamProcessor'],
    change: `settle within ${formatSeconds(milliseconds / 1000)} at p99`,
    apply: (workload) => {
      const { accept } = workload.latencyTarget;
      return workload.with({
        latencyTarget: LatencyTarget.accept(Duration.millis(accept.milliseconds), accept.percentile).andSettle(Duration.millis(milliseconds), 99),
      });
    },
  };
}

function rate(workload: Workload, factor: number, facts: Facts): WorkloadChange {
  const peak = workload.peak.times(factor);
  return {
    seats: SEATS,
    change: `a peak of ${formatNumber(peak.perSecond)} payments/s`,
    // With as many cells as that rate needs: those that were stated are for another one.
    apply: (it) => {
      const changed = it.with({ peak, average: it.average.times(factor) });
      return changed.with({ cells: sizeEdgeCells(changed, facts).cells });
    },
  };
}

function average(workload: Workload, share: number): WorkloadChange {
  const { peak } = workload;
  return {
    seats: SEATS,
    change: `an average of ${formatNumber(100 * share)} % of the peak`,
    apply: (it) => it.with({ average: peak.times(share) }),
  };
}

function payload(bytes: number): WorkloadChange {
  return {
    seats: ['broker', 'compute', 'store', 'streamProcessor'],
    change: `payments of ${formatBytes(bytes)}`,
    apply: (it) => it.with({ payload: { mean: Size.bytes(bytes) } }),
  };
}

function publicEdge(publicEdgeShare: number): WorkloadChange {
  return {
    seats: ['gateway'],
    change: publicEdgeShare === 0 ? 'partners only' : 'all requests from the public',
    apply: (it) => it.with({ publicEdgeShare }),
  };
}

function batches(paymentsPerRequest: number): WorkloadChange {
  return {
    seats: ['gateway'],
    change: paymentsPerRequest === 1 ? 'one payment a request' : `${paymentsPerRequest} payments a request`,
    apply: (it) => it.with({ paymentsPerRequest }),
  };
}

function reads(readsPerPayment: number): WorkloadChange {
  return {
    seats: ['store'],
    change: readsPerPayment === 0 ? 'no status is read' : `${readsPerPayment} reads of the status a payment`,
    apply: (it) => it.with({ readsPerPayment }),
  };
}
