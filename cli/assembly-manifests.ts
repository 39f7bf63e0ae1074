import { checkManifests, type ManifestObject, type ManifestReport } from '../lib/checks/manifests';
import { Facts } from '../lib/facts';
import { readPlanMetadata } from '../lib/sizing/plan-metadata';
import { AssemblyError, type AssemblyStack, readAssembly, type Template, type TemplateValue } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { wholeWorkload } from './workload-file';

const MANIFEST = 'Custom::AWSCDK-EKS-KubernetesResource';
/** Labels by which a deployment finds what it may take away again; in Git they say nothing. */
const PRUNE = /^aws\.cdk\.eks\/prune-/;

/** Values that only a deployment knows, by stack: its parameters and outputs, as `cdk deploy --outputs-file` writes them. */
export interface DeployedValues {
  readonly [stackName: string]: { readonly [name: string]: string };
}

/** What one stack applies to a cluster. */
export interface StackManifests {
  readonly stackName: string;
  /** Objects by the logical id of the resource that applies them. */
  readonly files: ReadonlyMap<string, readonly ManifestObject[]>;
  /** Values that are still to be known: each stands in the objects as `${stack.name}`. */
  readonly unknown: readonly string[];
  /** What the stack was sized for; undefined where it does not say. */
  readonly workload?: Workload;
}

/**
 * The manifests in an assembly that stacks apply to clusters, without what is the deployment's own.
 *
 * @throws AssemblyError for a folder that holds no assembly, and a manifest that cannot be read.
 */
export function assemblyManifests(folder: string, values: DeployedValues = {}): StackManifests[] {
  return readAssembly(folder).map((stack) => manifestsOf(stack, folder, values)).filter(({ files }) => files.size > 0);
}

/**
 * Runs the rules on manifests over what one stack applies: that is deployed together.
 *
 * @param stated @default - what the stack was sized for
 */
export function checkStack({ files, workload }: StackManifests, stated?: Workload): ManifestReport {
  return checkManifests({ objects: [...files.values()].flat(), workload: stated ?? workload, facts: Facts.local() });
}

function manifestsOf(stack: AssemblyStack, folder: string, values: DeployedValues): StackManifests {
  const reader = new ValueReader(stack, values);
  const files = new Map<string, readonly ManifestObject[]>();
  for (const [logicalId, { Type, Properties }] of Object.entries(stack.template.Resources ?? {})) {
    if (Type === MANIFEST) {
      files.set(logicalId, readObjects(reader.text(Properties?.Manifest ?? null), `${stack.stackName}: ${logicalId}`));
    }
  }
  const { workloads } = files.size === 0 ? { workloads: [] } : readPlanMetadata([stack.template.Metadata ?? {}]);
  const workload = workloads.length === 0 ? undefined : wholeWorkload(workloads, folder);
  return { stackName: stack.stackName, files, unknown: [...reader.unknown].sort(), workload };
}

function readObjects(json: string, place: string): ManifestObject[] {
  try {
    return (JSON.parse(json) as ManifestObject[]).map(withoutPruneLabels);
  } catch (error) {
    throw new AssemblyError(`${place}: the manifest cannot be read: ${(error as Error).message}`);
  }
}

function withoutPruneLabels(object: ManifestObject): ManifestObject {
  const { labels, ...metadata } = object.metadata;
  const kept = Object.entries(labels ?? {}).filter(([name]) => !PRUNE.test(name));
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { labels: Object.fromEntries(kept) }) } };
}

/** Reads the text of a manifest, in which intrinsic functions stand between pieces of JSON. */
class ValueReader {
  readonly unknown = new Set<string>();
  private readonly parameters: NonNullable<Template['Parameters']>;

  constructor(private readonly stack: AssemblyStack, private readonly values: DeployedValues) {
    this.parameters = stack.template.Parameters ?? {};
  }

  text(value: TemplateValue): string {
    if (typeof value !== 'object' || value === null) {
      return String(value);
    }
    const [[name, argument]] = Object.entries(value) as [string, TemplateValue][];
    switch (name) {
      case 'Fn::Join': {
        const [separator, parts] = argument as readonly [string, readonly TemplateValue[]];
        return parts.map((part) => this.text(part)).join(separator);
      }
      case 'Fn::GetAtt': return this.known(this.stack.stackName, (argument as readonly string[]).join('.'));
      case 'Fn::ImportValue': return this.imported(this.text(argument));
      case 'Ref': return this.referred(argument as string);
      default: throw new AssemblyError(`${this.stack.stackName}: a manifest must use Fn::Join, Fn::GetAtt, Fn::ImportValue and Ref alone, got: ${name}`);
    }
  }

  private referred(name: string): string {
    const pseudo: { readonly [name: string]: string | undefined } = {
      'AWS::AccountId': this.stack.account, 'AWS::Region': this.stack.region, 'AWS::StackName': this.stack.stackName,
    };
    return pseudo[name] ?? this.known(this.stack.stackName, name.replace('AWS::', ''), this.parameters[name]?.Default);
  }

  /** Exports of the CDK are called by their stack and output. */
  private imported(name: string): string {
    const [stackName, ...output] = name.split(':');
    return this.known(stackName, output.join(':'));
  }

  private known(stackName: string, name: string, byDefault?: string | number): string {
    const value = this.values[stackName]?.[name] ?? byDefault;
    if (value === undefined) {
      this.unknown.add(`${stackName}.${name}`);
      return `\${${stackName}.${name}}`;
    }
    // It stands inside a text of JSON.
    return JSON.stringify(String(value)).slice(1, -1);
  }
}
