import { Facts } from '../facts';
import { type Decision, SIZING_METADATA_KEY } from '../sizing';
import type { Topology, TopologyResource } from '../topology';
import { Workload } from '../workload';
import { ConstructPaths } from '../topology/construct-paths';

/** What a rule looks at. */
export interface CheckContextProps {
  readonly topology: Topology;
  /**
   * What the app must carry, where its templates do not tell.
   *
   * @default - what the templates tell
   */
  readonly workload?: Workload;
  /** @default Facts.DEFAULT */
  readonly facts?: Facts;
}

/** A cloud assembly as rules see it: resources, what they were sized for, and the facts of their regions. */
export class CheckContext {
  readonly topology: Topology;

  /** The facts as they were given, of no region. */
  readonly allFacts: Facts;

  private readonly factsByRegion = new Map<string, Facts>();
  private readonly made = new Map<unknown, unknown>();
  private readonly unjudged = new Set<TopologyResource>();

  constructor(private readonly props: CheckContextProps) {
    this.topology = props.topology;
    this.allFacts = props.facts ?? Facts.DEFAULT;
  }

  /** The facts for the region of a resource. */
  factsFor(resource: TopologyResource): Facts {
    const { region } = resource.stack;
    const known = this.factsByRegion.get(region) ?? this.allFacts.forRegion(region);
    this.factsByRegion.set(region, known);
    return known;
  }

  /**
   * What the part of the app that a resource belongs to must carry: what the nearest construct around it was sized for, else what was given.
   * Undefined where nobody said: a rule that asks in vain is listed in the report as one that could not judge, so it asks only where the
   * answer decides.
   */
  workloadOf(resource: TopologyResource): Workload | undefined {
    const workload = this.statedFor(resource);
    if (workload === undefined) {
      this.unjudged.add(resource);
    }
    return workload;
  }

  /** Whether somebody said what the part of the app that a resource belongs to must carry. */
  knowsWorkloadOf(resource: TopologyResource): boolean {
    return this.statedFor(resource) !== undefined;
  }

  /** The decisions that a template carries for a resource: those of the construct it belongs to. */
  decisionsOf(resource: TopologyResource): readonly Decision[] {
    return this.once(decisionsByPath).nearest(resource) ?? [];
  }

  /** The value of one of these decisions; undefined where there is none of that name. */
  decided(resource: TopologyResource, name: string): Decision['value'] | undefined {
    return this.decisionsOf(resource).find((it) => it.name === name)?.value;
  }

  /** What `make` gives, made once for all rules: for views of the assembly that several of them share. */
  once<T>(make: (context: CheckContext) => T): T {
    if (!this.made.has(make)) {
      this.made.set(make, make(this));
    }
    return this.made.get(make) as T;
  }

  /** The resources for which a workload was asked in vain since this was last called. */
  takeUnjudged(): readonly TopologyResource[] {
    const taken = [...this.unjudged];
    this.unjudged.clear();
    return taken;
  }

  private statedFor(resource: TopologyResource): Workload | undefined {
    return this.once(workloadsByPath).nearest(resource) ?? this.props.workload;
  }
}

interface SizingMetadata {
  readonly decisions?: unknown;
  readonly workloads?: unknown;
}

function sizingMetadata({ topology }: CheckContext): SizingMetadata[] {
  return topology.stacks.flatMap(({ metadata }) => (metadata[SIZING_METADATA_KEY] as SizingMetadata | undefined) ?? []);
}

function decisionsByPath(context: CheckContext): ConstructPaths<readonly Decision[]> {
  const byPath = new Map<string, Decision[]>();
  for (const { decisions } of sizingMetadata(context)) {
    for (const decision of Array.isArray(decisions) ? (decisions as Decision[]) : []) {
      const before = byPath.get(decision.path);
      if (before === undefined) {
        byPath.set(decision.path, [decision]);
      } else {
        before.push(decision);
      }
    }
  }
  return new ConstructPaths(byPath);
}

/** Equal workloads are one object, so that rules can group what carries one of them together. */
function workloadsByPath(context: CheckContext): ConstructPaths<Workload> {
  const byPath = new Map<string, Workload>();
  const byText = new Map<string, Workload>();
  for (const { workloads } of sizingMetadata(context)) {
    for (const { path, workload } of Array.isArray(workloads) ? (workloads as { path: string; workload: unknown }[]) : []) {
      const text = JSON.stringify(workload);
      byText.set(text, byText.get(text) ?? Workload.fromJSON(workload));
      byPath.set(path, byText.get(text)!);
    }
  }
  return new ConstructPaths(byPath);
}
