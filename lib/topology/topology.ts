import { type AssemblyStack, type ConstructNotes, readAssembly, type StackAssets } from './assembly';
import { AssemblyError } from './assembly-error';
import { IntrinsicResolver, type Scope } from './intrinsics';
import { attribute, physicalName, type Placement, reference } from './physical-ids';
import type { TemplateParameter, TemplateResource, TemplateValue } from './template';

/** Properties of a resource with every intrinsic function evaluated. */
export interface ResolvedProperties {
  readonly [name: string]: TemplateValue;
}

/** One resource of a cloud assembly. */
export interface TopologyResource {
  /** Unique in the assembly: display name of the stack, then the logical id. */
  readonly id: string;
  readonly logicalId: string;
  readonly type: string;
  readonly stack: TopologyStack;
  /** Path of the construct that made it, or the id where the template does not tell. */
  readonly constructPath: string;
  /** The template's own name, else a made-up one that is the same in every reading. */
  readonly physicalName: string;
  /** What `Ref` gives. */
  readonly reference: string;
  /** What `Fn::GetAtt … Arn` gives. */
  readonly arn: string;
  readonly properties: ResolvedProperties;
  readonly metadata: { readonly [name: string]: TemplateValue };
}

/** A stack with its resolved resources. */
export interface TopologyStack {
  readonly displayName: string;
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
  readonly folder: string;
  readonly templateFile: string;
  readonly metadata: { readonly [name: string]: TemplateValue };
  readonly assets: StackAssets;
  readonly resources: readonly TopologyResource[];
  /** What the CDK noted about the constructs of the stack; read from disk once, when it is first asked for. */
  constructNotes(): ConstructNotes;
}

/** One resource naming another in a property. */
export interface TopologyEdge {
  readonly from: TopologyResource;
  readonly to: TopologyResource;
  /** Path of the property: `Properties.EventSourceArn`. */
  readonly property: string;
}

/** What the assembly itself does not tell. */
export interface TopologyOptions {
  /** Region of stacks that leave theirs open. @default 'us-east-1' */
  readonly region?: string;
  /** Account of stacks that leave theirs open. @default '000000000000' */
  readonly account?: string;
  /** Values of deployment parameters, by name. @default - the parameter's own default, else a made-up value that names it */
  readonly parameters?: { readonly [name: string]: string };
  /**
   * What becomes of values that only a deployment knows: exports of other apps, transforms. `stand-in` puts a made-up value in their place
   * that says where they stand, as for a parameter without a default, and reads on.
   *
   * @default 'refuse'
   */
  readonly unresolved?: 'refuse' | 'stand-in';
}

/** The resources of a cloud assembly, resolved across stacks, and how they refer to each other. */
export class Topology {
  /**
   * Reads a cloud assembly. Works on the output of any CDK app.
   *
   * @throws AssemblyError when the folder is no assembly, or a value in it cannot be resolved.
   */
  static read(folder: string, options: TopologyOptions = {}): Topology {
    const stacks = readAssembly(folder);
    if (stacks.length === 0) {
      throw new AssemblyError(`${folder} holds no stack.`);
    }
    return new Topology(new AssemblyReading(stacks, options).stacks());
  }

  /** Every resource, in the order of the templates. */
  readonly resources: readonly TopologyResource[];

  private readonly byIdentifier = new Map<string, TopologyResource>();
  private readonly byType = new Map<string, TopologyResource[]>();

  private constructor(
    readonly stacks: readonly TopologyStack[],
  ) {
    this.resources = stacks.flatMap((stack) => stack.resources);
    for (const resource of this.resources) {
      const sameType = this.byType.get(resource.type);
      if (sameType === undefined) {
        this.byType.set(resource.type, [resource]);
      } else {
        sameType.push(resource);
      }
      this.byIdentifier.set(resource.id, resource);
      // ARNs and references are what other resources hold; names may repeat between services, so they come last and never win.
      this.byIdentifier.set(resource.arn, resource);
      for (const identifier of [resource.reference, shortAliasName(resource)]) {
        if (identifier !== undefined && !this.byIdentifier.has(identifier)) {
          this.byIdentifier.set(identifier, resource);
        }
      }
    }
  }

  /** Every resource of a CloudFormation type, in the order of the templates. */
  ofType(...types: string[]): TopologyResource[] {
    if (types.length === 1) {
      return [...this.byType.get(types[0]) ?? []];
    }
    return this.resources.filter((resource) => types.includes(resource.type));
  }

  /** The resource with this ARN, reference or id. */
  find(identifier: string): TopologyResource | undefined {
    return this.byIdentifier.get(identifier);
  }

  /** Every place where a resource names another one by ARN, reference or attribute. */
  edges(): TopologyEdge[] {
    const edges: TopologyEdge[] = [];
    for (const from of this.resources) {
      visitStrings(from.properties, 'Properties', (text, property) => {
        const to = this.byIdentifier.get(text) ?? this.byIdentifier.get(text.replace(/\/stream\/1970-.*$/, ''));
        if (to && to !== from) {
          edges.push({ from, to, property });
        }
      });
    }
    return edges;
  }
}

/** Resolves the stacks of one assembly against each other. */
class AssemblyReading {
  private readonly resolvers = new Map<AssemblyStack, IntrinsicResolver>();
  private readonly placements = new Map<string, { placement: Placement; name: string; properties: ResolvedProperties }>();
  private readonly resolving = new Set<string>();
  private readonly exports = new Map<string, () => TemplateValue | undefined>();

  constructor(
    private readonly assembly: readonly AssemblyStack[],
    private readonly options: TopologyOptions,
  ) {
    for (const stack of assembly) {
      this.resolvers.set(stack, new IntrinsicResolver(this.scopeOf(stack)));
    }
    for (const stack of assembly) {
      for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
        if (output.Export) {
          const resolver = this.resolver(stack);
          const exportName = String(resolver.resolve(output.Export.Name, `Outputs.${name}.Export`));
          this.exports.set(exportName, () => resolver.resolve(output.Value, `Outputs.${name}`));
        }
      }
    }
  }

  stacks(): TopologyStack[] {
    return this.assembly.map((stack) => {
      const resources: TopologyResource[] = [];
      const topologyStack: TopologyStack = {
        displayName: stack.displayName,
        stackName: stack.stackName,
        region: this.region(stack),
        account: this.account(stack),
        folder: stack.folder,
        templateFile: stack.templateFile,
        metadata: stack.template.Metadata ?? {},
        assets: stack.assets,
        resources,
        constructNotes: once(() => stack.constructNotes()),
      };
      const pathsByLogicalId = once(() => constructPathsOf(topologyStack));
      for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
        if (this.isThere(stack, logicalId, resource)) {
          resources.push(this.resource(stack, topologyStack, logicalId, resource, pathsByLogicalId));
        }
      }
      return topologyStack;
    });
  }

  /** Whether the resource is made at all. */
  private isThere(stack: AssemblyStack, logicalId: string, resource: TemplateResource): boolean {
    if (this.options.unresolved !== 'stand-in') {
      return resource.Condition === undefined || this.resolver(stack).condition(resource.Condition, logicalId);
    }
    try {
      // A loop of a transform is no resource yet.
      return typeof resource.Type === 'string' && (resource.Condition === undefined || this.resolver(stack).condition(resource.Condition, logicalId));
    } catch (error) {
      if (error instanceof AssemblyError) {
        return true;
      }
      throw error;
    }
  }

  private resource(
    stack: AssemblyStack,
    topologyStack: TopologyStack,
    logicalId: string,
    resource: TemplateResource,
    pathsByLogicalId: () => ReadonlyMap<string, string>,
  ): TopologyResource {
    const { placement, name, properties } = this.place(stack, logicalId)!;
    const metadata = resource.Metadata ?? {};
    const id = `${stack.displayName}/${logicalId}`;
    const written = metadata['aws:cdk:path'];
    return {
      id,
      logicalId,
      type: resource.Type,
      stack: topologyStack,
      // An app that runs without the CDK's command line writes no paths into its templates.
      get constructPath() {
        return typeof written === 'string' ? written : (pathsByLogicalId().get(logicalId) ?? id);
      },
      physicalName: name,
      reference: reference(placement, name, properties),
      arn: attribute(placement, name, properties, 'Arn'),
      properties,
      metadata,
    };
  }

  /** Identifiers and resolved properties of a resource, computed once. */
  private place(stack: AssemblyStack, logicalId: string): { placement: Placement; name: string; properties: ResolvedProperties } | undefined {
    const resource = stack.template.Resources?.[logicalId];
    if (!resource) {
      return undefined;
    }
    const key = `${stack.displayName}/${logicalId}`;
    const known = this.placements.get(key);
    if (known) {
      return known;
    }
    const placement = {
      stackName: stack.stackName,
      logicalId,
      type: resource.Type,
      region: this.region(stack),
      account: this.account(stack),
      partition: 'aws',
    };
    if (this.resolving.has(key)) {
      // Two resources that name each other, as a key and a policy may: names do not depend on the rest of the properties.
      return { placement, name: physicalName(placement, resource.Properties ?? {}), properties: resource.Properties ?? {} };
    }
    this.resolving.add(key);
    const properties = (this.resolver(stack).resolve(resource.Properties ?? {}, `${logicalId}.Properties`) ?? {}) as ResolvedProperties;
    this.resolving.delete(key);
    const placed = { placement, name: physicalName(placement, properties), properties };
    this.placements.set(key, placed);
    return placed;
  }

  private scopeOf(stack: AssemblyStack): Scope {
    return {
      template: stack.template,
      displayName: stack.displayName,
      pseudoParameter: (name) => this.pseudoParameter(stack, name),
      parameter: (name) => this.parameter(name, stack.template.Parameters?.[name]),
      reference: (logicalId) => {
        const placed = this.place(stack, logicalId);
        return placed && reference(placed.placement, placed.name, placed.properties);
      },
      attribute: (logicalId, attributeName) => {
        const placed = this.place(stack, logicalId);
        return placed && attribute(placed.placement, placed.name, placed.properties, attributeName);
      },
      importValue: (exportName) => this.exports.get(exportName)?.(),
      ...(this.options.unresolved === 'stand-in' && { standIn: (where: string) => `parameter-${where}` }),
    };
  }

  private pseudoParameter(stack: AssemblyStack, name: string): TemplateValue | undefined {
    switch (name) {
      case 'AWS::AccountId':
        return this.account(stack);
      case 'AWS::Region':
        return this.region(stack);
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return 'amazonaws.com';
      case 'AWS::StackName':
        return stack.stackName;
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${this.region(stack)}:${this.account(stack)}:stack/${stack.stackName}/0`;
      case 'AWS::NotificationARNs':
        return [];
      default:
        return undefined;
    }
  }

  private parameter(name: string, definition: TemplateParameter | undefined): TemplateValue | undefined {
    if (!definition) {
      return undefined;
    }
    return this.options.parameters?.[name] ?? definition.Default ?? `parameter-${name}`;
  }

  private resolver(stack: AssemblyStack): IntrinsicResolver {
    return this.resolvers.get(stack)!;
  }

  private region(stack: AssemblyStack): string {
    return stack.region ?? this.options.region ?? 'us-east-1';
  }

  private account(stack: AssemblyStack): string {
    return stack.account ?? this.options.account ?? '000000000000';
  }
}

/** Paths of the constructs that made the resources, by logical id, as the CDK noted them beside the template. */
function constructPathsOf(stack: TopologyStack): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [constructPath, notes] of stack.constructNotes()) {
    for (const { type, data } of notes) {
      if (type === 'aws:cdk:logicalId' && typeof data === 'string') {
        paths.set(data, constructPath);
      }
    }
  }
  return paths;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function visitStrings(value: TemplateValue | ResolvedProperties, where: string, visit: (text: string, where: string) => void): void {
  if (typeof value === 'string') {
    visit(value, where);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visitStrings(item as TemplateValue, `${where}[${index}]`, visit));
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value as ResolvedProperties)) {
      visitStrings(item, `${where}.${key}`, visit);
    }
  }
}

/** `function:alias`, which is how a mapping may name what it invokes. */
function shortAliasName(resource: TopologyResource): string | undefined {
  return resource.type === 'AWS::Lambda::Alias' ? resource.reference.replace(/^arn:.*:function:/, '') : undefined;
}

/** The folder with a function's code: the asset that its template names by hash. Undefined for code that is no asset. */
export function codeFolder(resource: TopologyResource): string | undefined {
  const key = (resource.properties.Code as { S3Key?: TemplateValue } | undefined)?.S3Key;
  return typeof key === 'string' ? resource.stack.assets.files.get(assetId(key)) : undefined;
}

/** The Docker build context of a container image: its tag is the id of the asset. Undefined for an image that is no asset. */
export function imageFolder(image: string, stack: TopologyStack): string | undefined {
  return stack.assets.images.get(assetId(image.slice(image.lastIndexOf(':') + 1)));
}

function assetId(fileName: string): string {
  return fileName.replace(/^.*\//, '').replace(/\..*$/, '');
}
