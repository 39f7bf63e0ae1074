import { type Bill, billOf, type CostTag, workloadOf } from '../../cost';
import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';

/** A monthly budget of dollars, as a template states it. */
export interface BudgetView {
  readonly resource: TopologyResource;
  /** US dollars a month. */
  readonly limit: number;
  /** The tag by which it filters; none where it counts the whole account. */
  readonly tag?: CostTag;
  /** Names of services by which it filters; none where it counts all of them. */
  readonly services: readonly string[];
}

/** The monthly budgets of an assembly whose amount and filters its template tells; those with filters of other kinds are left out. */
export function budgets(context: CheckContext): readonly BudgetView[] {
  return context.once(budgetsIn);
}

/**
 * The bill of the whole assembly, priced once for all rules. Undefined where nobody said what it carries: then the resources that are asked about are
 * listed as not judged.
 */
export function billFor(context: CheckContext, asked: TopologyResource): Bill | undefined {
  const workload = context.once(wholeWorkload) ?? context.workloadOf(asked);
  return workload && context.once((all) => billOf(all.topology, workload, { facts: all.allFacts }));
}

function wholeWorkload({ topology }: CheckContext) {
  return workloadOf(topology);
}

interface BudgetData {
  readonly BudgetType?: unknown;
  readonly TimeUnit?: unknown;
  readonly BudgetLimit?: { readonly Amount?: unknown; readonly Unit?: unknown };
  readonly CostFilters?: { readonly [filter: string]: unknown };
}

function budgetsIn({ topology }: CheckContext): BudgetView[] {
  return topology.ofType('AWS::Budgets::Budget').flatMap((resource) => viewOf(resource, (resource.properties.Budget ?? {}) as BudgetData) ?? []);
}

function viewOf(resource: TopologyResource, { BudgetType, TimeUnit, BudgetLimit, CostFilters = {} }: BudgetData): BudgetView | undefined {
  const limit = Number(BudgetLimit?.Amount);
  const { TagKeyValue, Service, ...others } = CostFilters;
  const tags = textsOf(TagKeyValue).map((it) => /^user:([^$]+)\$(.*)$/.exec(it));
  const keys = new Set(tags.map((it) => it?.[1]));
  if (BudgetType !== 'COST' || TimeUnit !== 'MONTHLY' || BudgetLimit?.Unit !== 'USD' || !(limit > 0) || Object.keys(others).length > 0
    || keys.size > 1 || keys.has(undefined)) {
    return undefined;
  }
  const [key] = keys;
  return {
    resource, limit, services: textsOf(Service),
    ...(key !== undefined && { tag: { key, values: tags.map((it) => it![2]) } }),
  };
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : []).map(String);
}
