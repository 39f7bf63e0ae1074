import { Facts, UnknownFactError } from '../facts';
import { SECONDS_PER_MONTH } from '../sizing/monthly-cost';
import { readPlanMetadata } from '../sizing/plan-metadata';
import type { Topology, TopologyResource } from '../topology';
import type { Workload } from '../workload';
import { Bill } from './bill';
import type { UnpricedResource } from './bill-line';
import type { Charge } from './charge';
import { type Commitment, COMMITMENTS } from './commitment';
import { type Discounts, discountsOn } from './discounts';
import { stepsOf } from './meters';
import { isFree, type Pricer, PRICERS, pricersByType } from './pricers';
import { rate, spreadCharges } from './rating';
import { type Case, CASES, spread } from './spread';
import { stageOf, tagsOf } from './stage';
import { UnpricedError } from './unpriced-error';
import { functionUsage } from './usage/functions';
import { type DeclaredUsage, UsageModel, usageSource, wholeOf } from './usage/usage-model';

/** How an assembly is priced. */
export interface BillOptions {
  /** @default Facts.DEFAULT */
  readonly facts?: Facts;
  /** @default 'none' */
  readonly commitment?: Commitment;
  /**
   * Quantities that somebody knows better than the workload tells, by id, construct path or logical id of a resource:
   * `{ PaymentStream: { recordsPerSecond: 1000 } }`.
   *
   * @default - those that templates state in their metadata
   */
  readonly usage?: { readonly [resource: string]: DeclaredUsage };
  /**
   * What is paid less than the list price: factors from 0 to 1 by price id, or by the beginning of price ids and a star:
   * `{ 'dynamodb/*': 0.9 }`.
   *
   * @default - list prices
   */
  readonly discounts?: Discounts;
  /** @default - all pricers of the kit */
  readonly pricers?: readonly Pricer[];
}

/**
 * The bill of a cloud assembly, whatever app it is of, for a month at the average rate of a workload.
 *
 * @param workload @default - that of the whole system which the templates carry
 * @throws Error where there is no workload, for a commitment that there is none of, for stated usage that no resource has, and for discounts that
 *   are none
 */
export function billOf(topology: Topology, workload?: Workload, options: BillOptions = {}): Bill {
  const commitment = options.commitment ?? 'none';
  if (!COMMITMENTS.includes(commitment)) {
    throw new Error(`\`commitment\` must be one of ${COMMITMENTS.join(', ')}, got: ${commitment}`);
  }
  const discountOf = discountsOn(options.discounts ?? {}, options.facts ?? Facts.DEFAULT);
  const source = usageSource(topology, options.facts ?? Facts.DEFAULT, options.usage);
  const whole = workload ?? wholeOf(source.workloads);
  if (whole === undefined) {
    throw new Error('`workload` must be stated: none of the templates carries one');
  }
  const used = new Set<string>();
  const models: { readonly [name in Case]: UsageModel } = {
    low: new UsageModel(source, whole.low(), 'low', functionUsage, used),
    typical: new UsageModel(source, whole.with({ uncertainty: undefined }), 'typical', functionUsage, used),
    high: new UsageModel(source, whole.high(), 'high', functionUsage, used),
  };
  const { charges, unpriced } = chargesOf(topology, models, options.pricers ?? PRICERS);
  const [unused] = models.typical.unusedDeclarations();
  if (unused !== undefined) {
    throw new Error(`\`usage\` must name quantities that a resource of the assembly has, got: ${unused}`);
  }
  return new Bill({
    workload: whole.toJSON(),
    commitment,
    payments: spread((name) => models[name].rate * SECONDS_PER_MONTH),
    lines: rate({ charges: spreadCharges(charges), factsFor: (it) => models.typical.facts(it), commitment, discountOf, stageOf, tagsOf }),
    unpriced,
  });
}

/** The workload of the whole system, as the templates of an assembly carry it; none where they are of no construct of this kit. */
export function workloadOf(topology: Topology): Workload | undefined {
  return wholeOf(readPlanMetadata(topology.stacks.map(({ metadata }) => metadata)).workloads);
}

interface Found {
  readonly charges: { readonly [name in Case]: readonly Charge[] };
  readonly unpriced: readonly UnpricedResource[];
}

function chargesOf(topology: Topology, models: { readonly [name in Case]: UsageModel }, pricers: readonly Pricer[]): Found {
  const byType = pricersByType(pricers);
  const charges: { readonly [name in Case]: Charge[] } = { low: [], typical: [], high: [] };
  const unpriced: UnpricedResource[] = [];
  for (const resource of topology.resources) {
    const pricer = byType.get(resource.type);
    if (pricer === undefined) {
      if (!isFree(resource.type)) {
        unpriced.push(unpricedOf(resource, `there is no pricer for ${resource.type}`));
      }
      continue;
    }
    try {
      const found = CASES.map((name) => [name, priced(pricer, resource, models[name])] as const);
      found.forEach(([name, of]) => charges[name].push(...of));
    } catch (error) {
      if (!(error instanceof UnpricedError || error instanceof UnknownFactError)) {
        throw error;
      }
      unpriced.push(unpricedOf(resource, error.message));
    }
  }
  return { charges, unpriced };
}

/** The charges of a resource, each of which has a price. */
function priced(pricer: Pricer, resource: TopologyResource, model: UsageModel): Charge[] {
  const charges = pricer.price(resource, model);
  charges.forEach(({ meter }) => stepsOf(meter, model.facts(resource)));
  return charges;
}

function unpricedOf(resource: TopologyResource, why: string): UnpricedResource {
  return { resource: resource.constructPath, logicalId: resource.logicalId, stack: resource.stack.displayName, type: resource.type, why };
}
