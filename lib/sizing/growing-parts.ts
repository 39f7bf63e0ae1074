import { Facts } from '../facts';
import { GrowthModel, Workload } from '../workload';
import { Decision } from './decision';
import { PlanMetadata } from './plan-metadata';
import { sizeReference } from './reference-plan';

/** A part of a system whose sizes follow from a workload that grows. */
export interface GrowingPart {
  /** Path of its construct. */
  readonly path: string;
  /** As deployed. */
  readonly decisions: readonly Decision[];
  /**
   * What it would be sized to for another day. Bands of the workload are left out: this is the need of the typical numbers.
   *
   * @throws Error where the workload of that day is beyond a hard limit
   */
  sizeAt(day: string): readonly Decision[];
}

/**
 * The parts of an app that can be sized for another day: those with a recorded workload that have the decisions of one of the models of this kit.
 *
 * @param growth how the recorded workloads grow; without it each must tell that itself, and one that does not is left out
 */
export function growingParts(plan: PlanMetadata, growth: GrowthModel | undefined, facts: Facts = Facts.DEFAULT): GrowingPart[] {
  const models = new Models(facts);
  const workloads = new Map(plan.workloads.map(({ path, workload }) => [path, workload]));
  const paths = [...new Set(plan.decisions.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const workload = workloads.get(path);
    const grows = growth ?? workload?.growth;
    if (workload === undefined || grows === undefined) {
      return [];
    }
    const decisions = plan.decisions.filter((it) => it.path === path);
    // Whatever stands at a path was sized for the workload that is recorded there, so no further share is taken of it.
    const planned = workload.with({ cells: 1, growth: grows, plannedFor: grows.from, uncertainty: undefined });
    const model = models.of(planned, decisions);
    return model === undefined ? [] : [{ path, decisions, sizeAt: (day) => models.size(planned.with({ plannedFor: day }), model, path) }];
  });
}

/** The models of the payment reference, which are told apart by the names of their decisions. */
class Models {
  /** By the workload as JSON: cells have equal ones. */
  private readonly sized = new Map<string, readonly Decision[]>();

  constructor(private readonly facts: Facts) {}

  /** The model whose decisions all stand among others; of several the one with the most. */
  of(workload: Workload, decisions: readonly Decision[]): string | undefined {
    const names = new Set(decisions.map(({ name }) => name));
    const models = new Map<string, string[]>();
    for (const { path, name } of this.reference(workload)) {
      models.set(path, [...(models.get(path) ?? []), name]);
    }
    return [...models]
      .filter(([, own]) => own.every((name) => names.has(name)))
      .sort(([, one], [, other]) => other.length - one.length)
      .map(([model]) => model)[0];
  }

  size(workload: Workload, model: string, path: string): Decision[] {
    return this.reference(workload).filter((it) => it.path === model).map((it) => Decision.withPath(it, path));
  }

  private reference(workload: Workload): readonly Decision[] {
    const key = JSON.stringify(workload);
    const known = this.sized.get(key) ?? sizeReference(workload, this.facts).decisions;
    this.sized.set(key, known);
    return known;
  }
}
