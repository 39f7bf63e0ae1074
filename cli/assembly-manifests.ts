import { checkManifests, type ManifestReport } from '../lib/checks/manifests';
import { Facts } from '../lib/facts';
import { readPlanMetadata } from '../lib/sizing/plan-metadata';
import { type AppliedManifests, appliedManifests, type DeployedValues, readAssembly } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { wholeWorkload } from './workload-file';

/** What one stack applies to a cluster. */
export interface StackManifests extends AppliedManifests {
  readonly stackName: string;
  /** What the stack was sized for; undefined where it does not say. */
  readonly workload?: Workload;
}

/**
 * The manifests in an assembly that stacks apply to clusters, without what is the deployment's own.
 *
 * @throws AssemblyError for a folder that holds no assembly, and a manifest that cannot be read.
 */
export function assemblyManifests(folder: string, values: DeployedValues = {}): StackManifests[] {
  return readAssembly(folder)
    .map((stack) => ({ stack, applied: appliedManifests(stack, values) }))
    .filter(({ applied }) => applied.files.size > 0)
    .map(({ stack: { stackName, template }, applied }) => {
      const { workloads } = readPlanMetadata([template.Metadata ?? {}]);
      return { ...applied, stackName, workload: workloads.length === 0 ? undefined : wholeWorkload(workloads, folder) };
    });
}

/**
 * Runs the rules on manifests over what one stack applies: that is deployed together.
 *
 * @param stated @default - what the stack was sized for
 */
export function checkStack({ files, workload }: StackManifests, stated?: Workload): ManifestReport {
  return checkManifests({ objects: [...files.values()].flat(), workload: stated ?? workload, facts: Facts.local() });
}
