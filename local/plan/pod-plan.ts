import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AppliedObjects, appliedObjects, imageFolder, type ManifestObject, type Topology, type TopologyStack } from '../../lib/topology';
import { RunError } from '../run/run-error';

/** A kill of one leaves another: so many of a deployment run here, however many there are in a cluster. */
const MOST_REPLICAS = 2;

/** A container of a pod, run from the files of its image. */
export interface PodContainer {
  /** Path of the resource that applies it, and the name of the object. */
  readonly name: string;
  /** Docker build context with the bundle. */
  readonly codeFolder: string;
  readonly environment: { readonly [name: string]: string };
  /** Words behind the program of the image. */
  readonly args: readonly string[];
}

/** A deployment of pods. */
export interface PodPlan extends PodContainer {
  /** How many run here: one that takes requests, as nothing divides them, and at most two that read a stream. */
  readonly replicas: number;
  /** How many run here where a gateway divides requests over them: at most two. */
  readonly replicasBehindGateway: number;
  /** `service` where a route of a gateway leads to it; else `worker`. */
  readonly role: 'service' | 'worker';
  /** The cluster of Kafka that its stack lets it in to; undefined where that is none, or there are several. */
  readonly clusterArn?: string;
  /** Path that answers 200 once a pod can do its work; undefined where nobody asks. */
  readonly readinessPath?: string;
}

/** What of manifests runs here, and what does not. */
export interface PodsPlan {
  readonly pods: readonly PodPlan[];
  /** Run once before the pods, in the order in which they are applied. */
  readonly jobs: readonly PodContainer[];
  /** Names of deployments whose image is no program of Node.js that is built from the assembly, and of jobs that are for now and then. */
  readonly left: readonly string[];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly readinessProbe?: { readonly httpGet?: { readonly path?: string } };
}

interface Workload {
  readonly replicas?: number;
  readonly template: { readonly metadata?: { readonly labels?: Labels }; readonly spec: { readonly containers: readonly Container[] } };
}

/** Labels of an object. */
export interface Labels {
  readonly [name: string]: string;
}

/**
 * Reads pods and jobs out of the manifests of a topology.
 *
 * @throws RunError for what of them does not run here, AssemblyError for a manifest that cannot be read
 */
export function planPods(topology: Topology): PodsPlan {
  const pods: PodPlan[] = [];
  const jobs: PodContainer[] = [];
  const left: string[] = [];
  const applied = appliedObjects(topology);
  const clusters = clustersByStack(topology);
  for (const place of applied) {
    // What belongs together is applied by one stack.
    const beside = applied.filter(({ resource }) => resource.stack === place.resource.stack).flatMap(({ objects }) => objects);
    for (const object of place.objects) {
      const workload = object.spec as Workload;
      const name = `${place.resource.stack.displayName}/${object.metadata.name}`;
      if (object.kind === 'Deployment') {
        const container = ownContainer(workload, place, name);
        if (container === undefined) {
          left.push(name);
        } else {
          pods.push({ ...container, ...placeOf(object, workload, beside), clusterArn: clusters.get(place.resource.stack) });
        }
      } else if (object.kind === 'Job') {
        const container = ownContainer(workload, place, name);
        if (container === undefined) {
          throw new RunError(`The job ${name} runs an image that is no program of Node.js built from this assembly.`);
        }
        jobs.push(container);
      } else if (object.kind === 'CronJob') {
        left.push(name);
      }
    }
  }
  return { pods, jobs, left };
}

/** The cluster of Kafka that the resources of a stack name, as policies of pods do. */
function clustersByStack(topology: Topology): ReadonlyMap<TopologyStack, string> {
  const clusters = new Set(topology.ofType('AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster'));
  const named = new Map<TopologyStack, Set<string>>();
  for (const { from, to } of clusters.size === 0 ? [] : topology.edges()) {
    if (clusters.has(to)) {
      named.set(from.stack, (named.get(from.stack) ?? new Set()).add(to.arn));
    }
  }
  return new Map([...named].flatMap(([stack, arns]) => (arns.size === 1 ? [[stack, [...arns][0]] as const] : [])));
}

/** The container whose image is built from the assembly; a sidecar looks at or helps the one beside it. */
function ownContainer({ template }: Workload, { resource }: AppliedObjects, name: string): (PodContainer & Pick<PodPlan, 'readinessPath'>) | undefined {
  for (const { args, env, image, readinessProbe } of template.spec.containers) {
    const codeFolder = imageFolder(image, resource.stack);
    if (codeFolder !== undefined && fs.existsSync(path.join(codeFolder, 'index.js'))) {
      return { name, codeFolder, environment: environmentOf(env ?? [], name), args: args ?? [], readinessPath: readinessProbe?.httpGet?.path };
    }
  }
  return undefined;
}

function environmentOf(variables: NonNullable<Container['env']>, pod: string): { readonly [name: string]: string } {
  return Object.fromEntries(variables.map(({ name, value, valueFrom }) => {
    if (valueFrom !== undefined) {
      throw new RunError(`The variable ${name} of ${pod} comes from ${Object.keys(valueFrom).join(', ')}, which does not run here: give it a value.`);
    }
    return [name, value ?? ''];
  }));
}

function placeOf(
  object: ManifestObject, workload: Workload, beside: readonly ManifestObject[],
): Pick<PodPlan, 'role' | 'replicas' | 'replicasBehindGateway'> {
  const { name } = object.metadata;
  const scaled = beside.map(({ spec }) => spec as { scaleTargetRef?: { name?: string }; minReplicas?: number; minReplicaCount?: number } | undefined)
    .find((spec) => spec?.scaleTargetRef?.name === name);
  // One that waits for work with no pod at all has one here: nobody would start it.
  const replicas = Math.max(1, scaled?.minReplicaCount ?? scaled?.minReplicas ?? workload.replicas ?? 1);
  const few = Math.min(MOST_REPLICAS, replicas);
  const isService = isRoutedTo(workload.template.metadata?.labels ?? {}, beside);
  return { role: isService ? 'service' : 'worker', replicas: isService ? 1 : few, replicasBehindGateway: few };
}

/** Whether a route of a gateway leads to a service of pods with these labels. */
function isRoutedTo(labels: Labels, beside: readonly ManifestObject[]): boolean {
  const routed = new Set(beside.filter(({ kind }) => /^(HTTP|GRPC)Route$/.test(kind)).flatMap(({ spec }) => {
    const { rules } = spec as { readonly rules?: readonly { readonly backendRefs?: readonly { readonly name: string }[] }[] };
    return (rules ?? []).flatMap(({ backendRefs }) => (backendRefs ?? []).map(({ name }) => name));
  }));
  return beside.some((object) => object.kind === 'Service' && routed.has(object.metadata.name) && selectsPods(object, labels));
}

/** Whether a service leads to pods with these labels; one without a selector leads to none. */
export function selectsPods({ spec }: ManifestObject, labels: Labels): boolean {
  const { selector } = (spec ?? {}) as { readonly selector?: Labels };
  return selector !== undefined && Object.entries(selector).every(([name, value]) => labels[name] === value);
}
