import { AssemblyError } from './assembly-error';
import type { AssemblyStack } from './assembly';
import type { Template, TemplateValue } from './template';
import type { Topology, TopologyResource } from './topology';

const MANIFEST = 'Custom::AWSCDK-EKS-KubernetesResource';
/** Labels by which a deployment finds what it may take away again; in Git they say nothing. */
const PRUNE = /^aws\.cdk\.eks\/prune-/;

/** One object of Kubernetes, as it stands in a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: { readonly [name: string]: string };
    readonly annotations?: { readonly [name: string]: string };
  };
  readonly [field: string]: unknown;
}

/** Values that only a deployment knows, by stack: its parameters and outputs, as `cdk deploy --outputs-file` writes them. */
export interface DeployedValues {
  readonly [stackName: string]: { readonly [name: string]: string };
}

/** What one stack applies to clusters, without what is the deployment's own. */
export interface AppliedManifests {
  /** Objects by the logical id of the resource that applies them. */
  readonly files: ReadonlyMap<string, readonly ManifestObject[]>;
  /** Values that are still to be known: each stands in the objects as `${stack.name}`. */
  readonly unknown: readonly string[];
}

/** What one resource applies, with the resource: its stack has the images. */
export interface AppliedObjects {
  readonly resource: TopologyResource;
  readonly objects: readonly ManifestObject[];
}

/**
 * The manifests that a stack applies to clusters of EKS. What only a deployment knows, and is not among the values, stays open.
 *
 * @param values @default - none is known
 * @throws AssemblyError for a manifest that cannot be read.
 */
export function appliedManifests(stack: AssemblyStack, values: DeployedValues = {}): AppliedManifests {
  const reader = new ValueReader(stack, values);
  const files = new Map<string, readonly ManifestObject[]>();
  for (const [logicalId, { Type, Properties }] of Object.entries(stack.template.Resources ?? {})) {
    if (Type === MANIFEST) {
      files.set(logicalId, readObjects(reader.text(Properties?.Manifest ?? null), `${stack.stackName}: ${logicalId}`));
    }
  }
  return { files, unknown: [...reader.unknown].sort() };
}

/**
 * Everything that the stacks of a topology apply to clusters of EKS, with every value in its place.
 *
 * @throws AssemblyError for a manifest that cannot be read.
 */
export function appliedObjects(topology: Topology): AppliedObjects[] {
  return topology.ofType(MANIFEST)
    .map((resource) => ({ resource, objects: readObjects(String(resource.properties.Manifest), resource.constructPath) }));
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
      case 'Fn::GetAtt': return this.attribute((argument as readonly string[]).join('.'));
      case 'Fn::ImportValue': return this.imported(this.text(argument));
      case 'Fn::Sub': return this.substituted(argument);
      case 'Ref': return this.referred(argument as string);
      default: {
        const known = 'Fn::Join, Fn::GetAtt, Fn::ImportValue, Fn::Sub and Ref alone';
        throw new AssemblyError(`${this.stack.stackName}: a manifest must use ${known}, got: ${name}`);
      }
    }
  }

  /** `Fn::Sub`: images that the CDK builds are named with it. */
  private substituted(argument: TemplateValue): string {
    const [text, variables] = Array.isArray(argument) ? argument as [string, { readonly [name: string]: TemplateValue }] : [String(argument), {}];
    return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      if (name.startsWith('!')) {
        return `\${${name.slice(1)}}`;
      }
      if (name in variables) {
        return this.text(variables[name]);
      }
      return name.includes('.') ? this.attribute(name) : this.referred(name);
    });
  }

  private attribute(name: string): string {
    return this.known(this.stack.stackName, name);
  }

  private referred(name: string): string {
    const pseudo: { readonly [name: string]: string | undefined } = {
      'AWS::AccountId': this.stack.account,
      'AWS::Partition': this.partition,
      'AWS::Region': this.stack.region,
      'AWS::StackName': this.stack.stackName,
      'AWS::URLSuffix': this.partition === 'aws' ? 'amazonaws.com' : undefined,
    };
    return pseudo[name] ?? this.known(this.stack.stackName, name.replace('AWS::', ''), this.parameters[name]?.Default);
  }

  /** The one of all regions but those of China, of the governments' cloud and of the sovereign ones; open where the region is. */
  private get partition(): string | undefined {
    return this.stack.region === undefined || /^(cn|us-gov|us-iso\w*|eu-isoe|eusc)-/.test(this.stack.region) ? undefined : 'aws';
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
