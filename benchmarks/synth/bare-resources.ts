import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, type CfnResource, Stack } from 'aws-cdk-lib';
import { CfnParser } from 'aws-cdk-lib/core/lib/helpers-internal';

/** A resource as its L1 class of the CDK takes it. */
export interface BareResource {
  readonly id: string;
  /** Module and class, such as `aws-cdk-lib/aws-kinesis` and `CfnStream`. */
  readonly module: string;
  readonly className: string;
  readonly properties: { readonly [name: string]: unknown };
  readonly dependsOn: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  readonly updatePolicy?: object;
  readonly metadata?: { readonly [key: string]: unknown };
}

/** A stack of an assembly, with nothing but what its template holds. */
export interface BareStack {
  readonly name: string;
  readonly region?: string;
  readonly metadata?: { readonly [key: string]: unknown };
  readonly resources: readonly BareResource[];
  readonly parameters: { readonly [id: string]: object };
  readonly outputs: { readonly [id: string]: { readonly Value: unknown; readonly Export?: { readonly Name: string } } };
  /** Files and folders that the stack's synthesis stages. */
  readonly assets: readonly string[];
}

/** A template, as far as it matters here. */
export interface Template {
  readonly Metadata?: { readonly [key: string]: unknown };
  readonly Parameters?: { readonly [id: string]: object };
  readonly Resources: { readonly [id: string]: TemplateResource };
  readonly Outputs?: BareStack['outputs'];
}

interface Artifact {
  readonly type: string;
  readonly properties: { readonly templateFile: string; readonly stackName?: string };
  readonly environment?: string;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: object;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: object;
  readonly Metadata?: { readonly [key: string]: unknown };
}

interface L1Class {
  new (scope: Stack, id: string, properties: object): CfnResource;
  _fromCloudFormation(scope: Stack, id: string, attributes: object, options: { parser: CfnParser }): CfnResource;
}

/** `AWS::Kinesis::Stream` to `aws-cdk-lib/aws-kinesis.CfnStream`; the package does not export this file of its own. */
const CLASSES = readJson(
  path.join(path.dirname(require.resolve('aws-cdk-lib/package.json')), 'cloudformation-include', 'cfn-types-2-classes.json'),
) as { readonly [type: string]: string };

/**
 * Reads the stacks of a stage's assembly as L1 resources with their properties spelled as the CDK spells them: what a program would state that wants
 * the very same templates, and derives nothing.
 */
export function readBareStacks(folder: string): BareStack[] {
  const { artifacts } = readJson(path.join(folder, 'manifest.json')) as { artifacts: { [id: string]: Artifact } };
  return Object.values(artifacts).filter(({ type }) => type === 'aws:cloudformation:stack').map((artifact) => {
    const template = readJson(path.join(folder, artifact.properties.templateFile)) as Template;
    const region = /\/([^/]+)$/.exec(artifact.environment ?? '')?.[1];
    return {
      name: artifact.properties.stackName ?? artifact.properties.templateFile,
      region: region === 'unknown-region' ? undefined : region,
      metadata: template.Metadata,
      resources: Object.entries(template.Resources).map(([id, resource]) => bareResource(id, resource)),
      parameters: Object.fromEntries(Object.entries(template.Parameters ?? {}).filter(([id]) => id !== 'BootstrapVersion')),
      outputs: template.Outputs ?? {},
      assets: assetsOf(folder, artifact.properties.templateFile),
    };
  });
}

function bareResource(id: string, resource: TemplateResource): BareResource {
  const attributes = {
    id,
    dependsOn: resource.DependsOn === undefined ? [] : [resource.DependsOn].flat(),
    deletionPolicy: resource.DeletionPolicy,
    updateReplacePolicy: resource.UpdateReplacePolicy,
    updatePolicy: resource.UpdatePolicy,
    metadata: resource.Metadata,
  };
  if (!(resource.Type in CLASSES)) {
    // A custom resource has no class of its own.
    const properties = { type: resource.Type, properties: resource.Properties };
    return { ...attributes, module: 'aws-cdk-lib', className: 'CfnResource', properties };
  }
  const [module, className] = CLASSES[resource.Type].split('.');
  return { ...attributes, module, className, properties: propertiesOf(module, className, resource) };
}

/** The CDK's own reader spells the names; intrinsic functions pass it as texts, and come back afterwards. */
function propertiesOf(module: string, className: string, resource: TemplateResource): { [name: string]: unknown } {
  const intrinsics: unknown[] = [];
  const hidden = hide(resource.Properties ?? {}, intrinsics);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- named by the template
  const l1 = (require(module) as { [name: string]: L1Class })[className];
  const nothing = () => undefined;
  const finder = { findResource: nothing, findRefTarget: nothing, findCondition: nothing, findMapping: nothing };
  const parser = new CfnParser({ finder, parameters: {} });
  const made = l1._fromCloudFormation(new Stack(new App({ treeMetadata: false }), 'Reader'), 'Read', { Type: resource.Type, Properties: hidden }, { parser });
  const { cfnProperties } = made as unknown as { readonly cfnProperties: object };
  return show(Stack.of(made).resolve(cfnProperties), intrinsics) as { [name: string]: unknown };
}

/** Stands for an intrinsic function while the reader works; no template holds such a text. */
const MARK = /^intrinsic function (\d+) of the benchmark$/;

function hide(value: unknown, intrinsics: unknown[]): unknown {
  if (Array.isArray(value)) {
    return value.map((it) => hide(it, intrinsics));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) {
    return `intrinsic function ${intrinsics.push(value) - 1} of the benchmark`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, hide(it, intrinsics)]));
}

function show(value: unknown, intrinsics: readonly unknown[]): unknown {
  if (typeof value === 'string') {
    const mark = MARK.exec(value);
    return mark === null ? value : intrinsics[Number(mark[1])];
  }
  if (Array.isArray(value)) {
    return value.map((it) => show(it, intrinsics));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, show(it, intrinsics)]));
}

function assetsOf(folder: string, templateFile: string): string[] {
  const file = path.join(folder, templateFile.replace('.template.json', '.assets.json'));
  const { files = {}, dockerImages = {} } = readJson(file) as { files?: { [hash: string]: Source }; dockerImages?: { [hash: string]: Source } };
  return [...Object.values(files), ...Object.values(dockerImages)]
    .map(({ source }) => source.path ?? source.directory)
    .filter((it): it is string => it !== undefined && it !== templateFile)
    .map((it) => path.resolve(folder, it));
}

interface Source {
  readonly source: { readonly path?: string; readonly directory?: string };
}

function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
