import { Workload } from '../workload';
import { Decision } from './decision';
import { SIZING_METADATA_KEY, SizingPlan } from './sizing-plan';

/** The workload that a construct, or a whole app, was sized for. */
export interface WorkloadAt {
  /** Path of the construct. */
  readonly path: string;
  readonly workload: Workload;
}

/** What templates carry of the sizing of their app. */
export interface PlanMetadata {
  readonly decisions: readonly Decision[];
  readonly workloads: readonly WorkloadAt[];
}

/**
 * Reads what stands in the metadata of templates, all of one app.
 *
 * @param metadata the section `Metadata` of each template
 * @throws Error for a section that is not as this kit writes it
 */
export function readPlanMetadata(metadata: readonly { readonly [key: string]: unknown }[]): PlanMetadata {
  const sections = metadata.flatMap((it) => (it[SIZING_METADATA_KEY] === undefined ? [] : [it[SIZING_METADATA_KEY] as Section]));
  const decisions = sections.flatMap((it) => (it.decisions === undefined ? [] : SizingPlan.fromJSON(it).decisions));
  return { decisions: new SizingPlan(decisions).decisions, workloads: sections.flatMap((it) => (it.workloads ?? []).map(readWorkloadAt)) };
}

interface Section {
  readonly decisions?: unknown;
  readonly workloads?: readonly { readonly path?: unknown; readonly workload?: unknown }[];
}

function readWorkloadAt({ path, workload }: { readonly path?: unknown; readonly workload?: unknown }): WorkloadAt {
  if (typeof path !== 'string') {
    throw new Error(`\`workloads\` of the metadata must have a \`path\` each, got: ${JSON.stringify(path)}`);
  }
  return { path, workload: Workload.fromJSON(workload) };
}
