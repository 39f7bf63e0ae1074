import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision, QuotaUse, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatNumber } from './format';
import { KinesisStreamSizing } from './kinesis-stream';
import { CostLine, HOURS_PER_MONTH, MonthlyUsd, costDecision, dollars } from './monthly-cost';
import { planned } from './planned';
import { cheapest, excusesOf, losers } from './sizing-option';
import { WorkerComputeKind, WorkerComputeOption, workerComputeOptions } from './worker-compute-options';

/** Where the worker of a stream runs, and what each place costs. */
export interface WorkerComputeSizing {
  readonly kind: WorkerComputeKind;
  /** Execution environments, instances, tasks or pods at the peak. */
  readonly amount: number;
  readonly options: readonly WorkerComputeOption[];
  readonly monthlyUsd: MonthlyUsd;
  readonly settleMilliseconds: number;
  /** Options that do not fit this workload, each with its reason. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'workerCompute';
const LEAST_SAVING = 'target/compute.leastSavingUsd';

/**
 * Compares the places where the worker can run, at the same measured CPU of a payment. Give it the workload of one cell and the stream that was
 * sized for it. What a place costs people is not priced: Lambda is
 * taken unless another one saves at least a chosen sum.
 *
 * @throws Error when no place keeps the settle target
 */
export function sizeWorkerCompute(workload: Workload, stream: KinesisStreamSizing, facts: Facts = Facts.DEFAULT): WorkerComputeSizing {
  return planned(
    workload, facts,
    (it) => sizeOnce(it, stream, facts),
    // Of the places the one whose cost follows the load without steps.
    (sizing) => [{ amount: sizing.options.find((it) => it.kind === 'fargate')!.monthlyUsd.typical / HOURS_PER_MONTH, unitCost: 1 }],
  );
}

function sizeOnce(workload: Workload, stream: KinesisStreamSizing, facts: Facts): WorkerComputeSizing {
  const trail = new FactTrail(facts);
  const options = workerComputeOptions(workload, stream, trail);
  const leastSaving = trail.number(LEAST_SAVING);
  const chosen = choose(options, leastSaving);
  if (chosen === undefined) {
    throw new Error(`\`latencyTarget\` to settle cannot be kept by any worker of a stream, got: ${workload.latencyTarget.settle.milliseconds} ms`);
  }
  const known = trail.ids();
  return {
    kind: chosen.kind,
    amount: chosen.amount.high,
    options,
    monthlyUsd: chosen.monthlyUsd,
    settleMilliseconds: chosen.settleMilliseconds,
    excuses: excusesOf(options),
    decisions: [
      kindDecision(workload, options, chosen, leastSaving, known),
      amountDecision(workload, chosen, facts, known),
      costDecision({ path: PATH, lines: chosen.lines as CostLine[], rejected: losers(options, chosen), facts: known }),
    ],
  };
}

/** Lambda, or else the cheapest mapping, unless another place saves enough; without any mapping that fits, the cheapest. */
function choose(options: readonly WorkerComputeOption[], leastSaving: number): WorkerComputeOption | undefined {
  const simplest = options.find((it) => it.kind === 'lambda' && it.excuses.length === 0) ?? cheapest(options.filter((it) => !it.ownConsumer));
  const best = cheapest(options);
  return simplest !== undefined && best !== undefined && simplest.monthlyUsd.typical - best.monthlyUsd.typical < leastSaving ? simplest : best;
}

function kindDecision(
  workload: Workload, options: readonly WorkerComputeOption[], chosen: WorkerComputeOption, leastSaving: number, facts: readonly string[],
): Decision {
  const best = cheapest(options) ?? chosen;
  return Decision.derive({
    path: PATH,
    name: 'kind',
    value: chosen.kind,
    formula: `a month: ${options.map((it) => `${it.name} ${dollars(it.monthlyUsd.typical)}`).join(', ')} = ${chosen.kind}`,
    inputs: {
      paymentsPerSecond: workload.peak.perSecond,
      settleMilliseconds: workload.latencyTarget.settle.milliseconds,
      leastSaving,
      ...Object.fromEntries(options.map((it) => [it.kind, it.monthlyUsd.typical])),
    },
    binding: best === chosen ? 'least cost of the places that keep the settle target; what it takes to run it is not priced'
    : `the simplest to run; ${best.name} would save ${dollars(chosen.monthlyUsd.typical - best.monthlyUsd.typical)} a month, `
      + `less than the ${dollars(leastSaving)} that is asked for`,
    rejected: losers(options, chosen).map((it, index) => ({
      ...it, because: [it.because, ...options.filter((option) => option !== chosen)[index].cannot].join('; '),
    })),
    facts,
  });
}

function amountDecision(workload: Workload, chosen: WorkerComputeOption, facts: Facts, known: readonly string[]): Decision {
  const trail = new FactTrail(facts);
  return Decision.derive({
    path: PATH,
    name: 'amount',
    value: chosen.amount.high,
    unit: chosen.unit,
    formula: `${chosen.formula} = ${chosen.amount.high}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, vcpus: chosen.vcpus, busyVcpuAtPeak: chosen.busyVcpus, atNoLoad: chosen.amount.low },
    binding: chosen.binding,
    rejected: [{ option: `${formatNumber(chosen.amount.low)} ${chosen.unit}`, because: `that is what runs at no load; the peak keeps ${formatNumber(chosen.busyVcpus)} vCPU busy` }],
    demand: chosen.amount.high * chosen.busyVcpus / chosen.vcpus,
    quota: quotaOf(chosen, trail),
    limits: { minimum: 1, because: 'a worker that does not run settles nothing' },
    facts: [...known, ...trail.ids()],
  });
}

function quotaOf(chosen: WorkerComputeOption, facts: Facts): QuotaUse | undefined {
  return chosen.quota === undefined ? undefined : quotaUse(facts, chosen.quota.id, chosen.quota.used);
}
