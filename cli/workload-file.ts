import * as fs from 'node:fs';
import type { WorkloadAt } from '../lib/sizing/plan-metadata';
import { AssemblyError } from '../lib/topology';
import { Workload } from '../lib/workload';
import { type CommandInput, text } from './command';

/**
 * The workload of the option --workload, or undefined.
 *
 * @throws AssemblyError for a file that is none, or states a workload that makes no sense.
 */
export function statedWorkload(input: CommandInput): Workload | undefined {
  const file = text(input, 'workload');
  if (file === undefined) {
    return undefined;
  }
  try {
    return Workload.fromJSON(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    throw new AssemblyError(`--workload ${file}: ${(error as Error).message}`);
  }
}

/**
 * The workload of the whole system among those that templates carry: parts of a cell carry its share, what all cells have in common carries the
 * whole.
 *
 * @throws AssemblyError when there is none.
 */
export function wholeWorkload(workloads: readonly WorkloadAt[], folder: string): Workload {
  if (workloads.length === 0) {
    throw new AssemblyError(
      `${folder} carries no workload: none of its stacks uses the constructs of cdk-high-throughput. State one with --workload FILE.`,
    );
  }
  return workloads.map((it) => it.workload)
    .reduce((whole, it) => (isLarger(it, whole) ? it : whole));
}

function isLarger(one: Workload, other: Workload): boolean {
  return one.cells > other.cells || one.cells === other.cells && one.peak.perSecond > other.peak.perSecond;
}
