import { Facts } from '../../facts';
import type { Decision } from '../../sizing';
import { readPlanMetadata, type WorkloadAt } from '../../sizing/plan-metadata';
import type { Topology, TopologyResource } from '../../topology';
import { ConstructPaths } from '../../topology/construct-paths';
import { Workload } from '../../workload';
import { type Amount, assumed, declared } from '../amount';
import type { Case } from '../spread';
import { References } from './references';

/** Quantities that somebody states of a resource, by name: `{ recordsPerSecond: 1000 }`. They take the place of what would be derived. */
export interface DeclaredUsage {
  readonly [name: string]: number;
}

/** Key of a resource's metadata under which its template states such quantities. */
export const USAGE_METADATA_KEY = 'cdk-high-throughput:usage';

/** What a function does in a second. */
export interface FunctionUsage {
  readonly invocationsPerSecond: Amount;
  /** Seconds of all invocations of a second together: how many run at a time. */
  readonly busySeconds: Amount;
  /**
   * Invocations of these that bring nothing, at the end of tumbling windows.
   *
   * @default 0
   */
  readonly emptyPerSecond?: number;
}

/** Finds what a function does. What tables take hangs on functions and the reverse, so that the model hands it from one to the other. */
export type FunctionUsageOf = (model: UsageModel, resource: TopologyResource) => FunctionUsage;

/** What all three cases have in common. */
export interface UsageSource {
  readonly topology: Topology;
  readonly references: References;
  readonly facts: Facts;
  /** What the templates carry: workloads and decisions by construct path. */
  readonly workloads: readonly WorkloadAt[];
  readonly decisions: readonly Decision[];
  /** What the user states, by id, construct path or logical id of a resource. */
  readonly declared: { readonly [resource: string]: DeclaredUsage };
}

/** Reads from an assembly what the usage of its resources rests on. */
export function usageSource(topology: Topology, facts: Facts, usage: { readonly [resource: string]: DeclaredUsage } = {}): UsageSource {
  const plan = readPlanMetadata(topology.stacks.map(({ metadata }) => metadata));
  return { topology, references: new References(topology), facts, ...plan, declared: usage };
}

/**
 * The workload of the whole system among those that templates carry: parts of a cell carry its share, what all cells have in common the whole.
 * Undefined where there is none.
 */
export function wholeOf(workloads: readonly WorkloadAt[]): Workload | undefined {
  return workloads.map((it) => it.workload).reduce<Workload | undefined>((whole, it) => (whole === undefined || it.cells > whole.cells
    || (it.cells === whole.cells && it.peak.perSecond > whole.peak.perSecond) ? it : whole), undefined);
}

const EPSILON = 1e-6;

/** What the resources of an assembly do in one of the three cases, at the average rate of the workload. */
export class UsageModel {
  readonly topology: Topology;
  readonly references: References;
  /** The workload with peak and average at the average rate: what sizing functions give for it is what is used, not what must be there. */
  readonly average: Workload;
  /** Payments a second in the mean. */
  readonly rate: number;

  private readonly factsByRegion = new Map<string, Facts>();
  private readonly workloadByPath: ConstructPaths<Workload>;
  private readonly decisionsByPath: ConstructPaths<readonly Decision[]>;
  private readonly stated: Workload;
  private readonly known = new Map<string, unknown>();

  constructor(
    private readonly source: UsageSource, readonly workload: Workload, readonly name: Case,
    private readonly functionUsageOf: FunctionUsageOf, private readonly used: Set<string> = new Set(),
  ) {
    this.topology = source.topology;
    this.references = source.references;
    this.rate = workload.average.perSecond;
    this.average = workload.with({
      peak: workload.average, average: workload.average, growth: undefined, plannedFor: undefined, uncertainty: undefined,
    });
    this.stated = wholeOf(source.workloads) ?? workload;
    this.workloadByPath = new ConstructPaths(new Map(source.workloads.map(({ path, workload: at }) => [path, at])));
    const byPath = new Map<string, Decision[]>();
    for (const decision of source.decisions) {
      byPath.set(decision.path, [...byPath.get(decision.path) ?? [], decision]);
    }
    this.decisionsByPath = new ConstructPaths(byPath);
  }

  /** What a function does in a second. */
  functionUsage(resource: TopologyResource): FunctionUsage {
    return this.functionUsageOf(this, resource);
  }

  /** The facts for the region of a resource. */
  facts(resource: TopologyResource): Facts {
    const { region } = resource.stack;
    const known = this.factsByRegion.get(region) ?? this.source.facts.forRegion(region);
    this.factsByRegion.set(region, known);
    return known;
  }

  /** The end of an assumption's band that belongs to this case; the stated value where it has no band. Unit of the fact. */
  assumption(name: string): number {
    const id = `target/cost.${name}`;
    return this.source.facts.number(this.name !== 'typical' && BANDED.has(name) ? `${id}.${this.name}` : id);
  }

  /** An assumption as an amount. */
  assume(name: string, why: string): Amount {
    return assumed(this.assumption(name), `${why} (target/cost.${name})`);
  }

  /** A decision of the construct that a resource belongs to; undefined where there is none of that name. */
  decided(resource: TopologyResource, name: string): Decision['value'] | undefined {
    return this.decisionsByPath.nearest(resource)?.find((it) => it.name === name)?.value;
  }

  /** The same as a number. */
  decidedNumber(resource: TopologyResource, name: string): number | undefined {
    const value = this.decided(resource, name);
    return typeof value === 'number' ? value : undefined;
  }

  /** A quantity that the template or the user states of a resource, else what a function derives. */
  use(resource: TopologyResource, name: string, derive: () => Amount): Amount {
    const byUser = [resource.id, resource.constructPath, resource.logicalId].find((key) => this.source.declared[key]?.[name] !== undefined);
    if (byUser !== undefined) {
      this.used.add(`${byUser}\n${name}`);
      return declared(this.source.declared[byUser][name], `${name} as stated`);
    }
    const inTemplate = (resource.metadata[USAGE_METADATA_KEY] as DeclaredUsage | undefined)?.[name];
    return inTemplate === undefined ? derive() : declared(inTemplate, `${name} as the template states`);
  }

  /** Quantities that somebody states of a resource and no pricer asked for, as `resource.name`. */
  unusedDeclarations(): string[] {
    return Object.entries(this.source.declared).flatMap(([resource, names]) =>
      Object.keys(names).filter((name) => !this.used.has(`${resource}\n${name}`)).map((name) => `${resource}.${name}`));
  }

  /**
   * Share of the payments of the system that a construct was told to carry, where its own workload is neither that of the system nor that of a
   * cell: events, payouts. Undefined for all others: what they carry follows from the edges.
   */
  sideFlow(resource: TopologyResource): number | undefined {
    const own = this.workloadByPath.nearest(resource);
    if (own === undefined) {
      return undefined;
    }
    const share = own.peak.perSecond / this.stated.peak.perSecond;
    const cell = this.stated.cells > 1 ? 1 / (this.stated.cells - 1) : 1;
    const isPart = [1, cell].some((part) => Math.abs(share - part) < EPSILON);
    return isPart ? undefined : share;
  }

  /** Share of the payments that the cell of a resource carries when all cells are there; 1 outside of cells. */
  cellShare(resource: TopologyResource): number {
    const own = this.workloadByPath.nearest(resource);
    return own !== undefined && own.cells === 1 && this.stated.cells > 1 ? 1 / this.stated.cells : 1;
  }

  /** Payments a second at the peak that the construct of a resource was made for; undefined where nobody tells. */
  peakFor(resource: TopologyResource): number | undefined {
    return this.workloadByPath.nearest(resource)?.peak.perSecond;
  }

  /** The same at the average rate. */
  averageFor(resource: TopologyResource): number | undefined {
    return this.workloadByPath.nearest(resource)?.average.perSecond;
  }

  /** The workload that a part with so much of the payments carries. */
  part(share: number): Workload {
    return this.average.share(Math.max(share, Number.MIN_VALUE));
  }

  /** What `make` gives, made once for this case. */
  once<T>(key: string, make: () => T): T {
    if (!this.known.has(key)) {
      this.known.set(key, make());
    }
    return this.known.get(key) as T;
  }
}

/** Assumptions with a band. */
const BANDED: ReadonlySet<string> = new Set([
  'archiveMonths', 'invocationMilliseconds', 'scheduledSeconds', 'logBytesPerInvocation', 'quietLogBytesPerInvocation', 'logBytesPerPayment', 'accessLogBytes', 'flowLogGigabytes',
  'bucketGigabytes', 'blockedShare', 'customMetrics', 'rareWritesPerSecond', 'rareCallsPerSecond', 'nodePacking',
]);
