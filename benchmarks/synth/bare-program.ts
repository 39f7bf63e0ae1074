import type { BareResource, BareStack } from './bare-resources';

/**
 * Writes the stacks down as the program of somebody who uses nothing but L1 classes: it states every property, refers to other resources by their
 * `ref` and attributes, in the same stack and across stacks, joins texts, and leaves exports and imports to the CDK.
 *
 * @param stage name of the stage that the stacks are in
 * @returns a CommonJS module whose `build(app)` makes the stage
 */
export function bareProgram(stage: string, stacks: readonly BareStack[]): string {
  const exported = new Map(stacks.flatMap((stack) =>
    Object.values(stack.outputs).filter(isAutomatic).map((it) => [it.Export!.Name, { stack, value: it.Value }])));
  const printer = new Printer(exported);
  const exporters = (stack: BareStack): BareStack[] => importsOf(stack).flatMap((name) => exported.get(name)?.stack ?? []);
  const ordered = inOrder(stacks, exporters);
  const steps = ordered.flatMap((stack) => printer.stack(stage, stack));
  const functions = Array.from({ length: Math.ceil(steps.length / STATEMENTS) }, (_, index) =>
    [`function part${index}() {`, ...steps.slice(index * STATEMENTS, (index + 1) * STATEMENTS), '}'].join('\n'));
  return [
    '"use strict";',
    'const cdk = require("aws-cdk-lib");',
    'const assets = require("aws-cdk-lib/aws-s3-assets");',
    ...[...printer.modules].map(([module, name]) => `const ${name} = require("${module}");`),
    'let stage, stack;',
    `let ${stacks.flatMap((stack) => [...Object.keys(stack.parameters), ...stack.resources.map(({ id }) => id)].map((id) => variable(stack, id))).join(', ')};`,
    ...functions,
    'exports.build = function (app) {',
    `  stage = new cdk.Stage(app, ${JSON.stringify(stage)}, { env: { region: ${JSON.stringify(stacks[0].region)} } });`,
    ...functions.map((_, index) => `  part${index}();`),
    '};',
    '',
  ].join('\n');
}

/** Statements in one function: nobody writes a function of a thousand resources, and V8 would look up lines for stack traces in it for long. */
const STATEMENTS = 40;

type Output = BareStack['outputs'][string];

/** Whether the CDK made the output itself because another stack refers to the value. */
function isAutomatic({ Export }: Output): boolean {
  return Export !== undefined && /:ExportsOutput(Ref|FnGetAtt)/.test(Export.Name);
}

class Printer {
  /** Modules of the package that the program needs, and what it calls them. */
  readonly modules = new Map<string, string>();

  constructor(private readonly exported: ReadonlyMap<string, { readonly stack: BareStack; readonly value: unknown }>) {}

  stack(stage: string, stack: BareStack): string[] {
    const lines = [
      `  stack = new cdk.Stack(stage, ${JSON.stringify(stack.name.replace(`${stage}-`, ''))}, { stackName: ${JSON.stringify(stack.name)} });`,
      `  stack.templateOptions.metadata = ${JSON.stringify(stack.metadata)};`,
      ...stack.assets.map((asset, index) => `  new assets.Asset(stack, "Asset${index}", { path: ${JSON.stringify(asset)} });`),
      ...Object.entries(stack.parameters).map(([id, stated]) =>
        `  ${variable(stack, id)} = new cdk.CfnParameter(stack, ${JSON.stringify(id)}, ${JSON.stringify(lowerKeys(stated))});`),
    ];
    for (const resource of inOrder(stack.resources, (it) => neighbours(stack, it))) {
      lines.push(...this.resource(stack, resource));
    }
    for (const [id, output] of Object.entries(stack.outputs).filter(([, it]) => !isAutomatic(it))) {
      lines.push(`  new cdk.CfnOutput(stack, "Output${id}", { value: ${this.value(stack, output.Value)}, exportName: ${JSON.stringify(output.Export?.Name)} }).overrideLogicalId("${id}");`);
    }
    // Exports that nothing imports (yet) are stated; those that something imports make themselves.
    for (const output of Object.values(stack.outputs).filter(isAutomatic)) {
      lines.push(`  stack.exportValue(${this.value(stack, output.Value)});`);
    }
    return lines;
  }

  private resource(stack: BareStack, resource: BareResource): string[] {
    const name = variable(stack, resource.id);
    const options = Object.entries({
      deletionPolicy: resource.deletionPolicy, updateReplacePolicy: resource.updateReplacePolicy,
      updatePolicy: resource.updatePolicy === undefined ? undefined : lowerKeys(resource.updatePolicy), metadata: resource.metadata,
    }).filter(([, value]) => value !== undefined);
    return [
      `  ${name} = new ${this.module(resource.module)}.${resource.className}(stack, ${JSON.stringify(resource.id)}, ${this.value(stack, resource.properties)});`,
      ...options.map(([option, value]) => `  ${name}.cfnOptions.${option} = ${this.value(stack, value)};`),
      ...resource.dependsOn.map((other) => `  ${name}.addResourceDependency(${variable(stack, other)});`),
    ];
  }

  private module(module: string): string {
    if (module === 'aws-cdk-lib') {
      return 'cdk';
    }
    const name = module.replace('aws-cdk-lib/', '').replace(/-/g, '_');
    this.modules.set(module, name);
    return name;
  }

  /** A value as source text. */
  private value(stack: BareStack, value: unknown): string {
    if (Array.isArray(value)) {
      return `[${value.map((it) => this.value(stack, it)).join(', ')}]`;
    }
    if (typeof value !== 'object' || value === null) {
      return JSON.stringify(value);
    }
    const called = intrinsicOf(value);
    if (called !== undefined) {
      return this.intrinsic(stack, ...called);
    }
    return `{ ${Object.entries(value).filter(([, it]) => it !== undefined).map(([key, it]) => `${JSON.stringify(key)}: ${this.value(stack, it)}`).join(', ')} }`;
  }

  private intrinsic(stack: BareStack, name: string, argument: unknown): string {
    const all = (values: readonly unknown[]): string => values.map((it) => this.value(stack, it)).join(', ');
    switch (name) {
      case 'Ref':
        return reference(stack, argument as string);
      case 'Fn::GetAtt': {
        const [id, attribute] = argument as [string, string];
        // What the getter of an attribute does, `stream.attrArn` for example.
        return `cdk.Token.asString(${variable(stack, id)}.getAtt(${JSON.stringify(attribute)}))`;
      }
      case 'Fn::ImportValue': {
        const from = this.exported.get(argument as string);
        return from === undefined ? `cdk.Fn.importValue(${this.value(stack, argument)})` : this.value(from.stack, from.value);
      }
      case 'Fn::Join': {
        const [delimiter, values] = argument as [string, unknown];
        if (delimiter === '' && Array.isArray(values)) {
          return `(${values.map((it) => this.value(stack, it)).join(' + ')})`;
        }
        return `cdk.Fn.join(${JSON.stringify(delimiter)}, ${this.value(stack, values)})`;
      }
      case 'Fn::Split':
      case 'Fn::Select':
        return `cdk.Fn.${name === 'Fn::Split' ? 'split' : 'select'}(${all(argument as unknown[])})`;
      case 'Fn::Sub':
        return `cdk.Fn.sub(${JSON.stringify(argument)})`;
      case 'Fn::GetAZs':
        return `cdk.Fn.getAzs(${this.value(stack, argument)})`;
      default:
        throw new Error(`\`intrinsic\` must be one that the floor knows how to write, got: ${name}`);
    }
  }
}

function intrinsicOf(value: object): [string, unknown] | undefined {
  const entries = Object.entries(value);
  return entries.length === 1 && (entries[0][0] === 'Ref' || entries[0][0].startsWith('Fn::')) ? entries[0] : undefined;
}

const PSEUDO: { readonly [name: string]: string } = {
  'AWS::AccountId': 'cdk.Aws.ACCOUNT_ID',
  'AWS::Partition': 'cdk.Aws.PARTITION',
  'AWS::Region': 'cdk.Aws.REGION',
  'AWS::StackId': 'cdk.Aws.STACK_ID',
  'AWS::StackName': 'cdk.Aws.STACK_NAME',
  'AWS::URLSuffix': 'cdk.Aws.URL_SUFFIX',
  'AWS::NoValue': 'cdk.Aws.NO_VALUE',
};

function reference(stack: BareStack, id: string): string {
  return PSEUDO[id] ?? `${variable(stack, id)}.${id in stack.parameters ? 'valueAsString' : 'ref'}`;
}

function variable(stack: BareStack, id: string): string {
  return `${stack.name}_${id}`.replace(/\W/g, '_');
}

/** What a resource must come after. */
function neighbours(stack: BareStack, resource: BareResource): BareResource[] {
  const ids = new Set(resource.dependsOn);
  visit([resource.properties, resource.metadata, resource.updatePolicy], (name, argument) => {
    if (name === 'Ref') {
      ids.add(argument as string);
    } else if (name === 'Fn::GetAtt') {
      ids.add((argument as string[])[0]);
    }
  });
  return stack.resources.filter(({ id }) => ids.has(id));
}

function importsOf(stack: BareStack): string[] {
  const names: string[] = [];
  visit([stack.resources, stack.outputs], (name, argument) => {
    if (name === 'Fn::ImportValue') {
      names.push(argument as string);
    }
  });
  return names;
}

function visit(value: unknown, onIntrinsic: (name: string, argument: unknown) => void): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  const called = intrinsicOf(value);
  if (called !== undefined) {
    onIntrinsic(...called);
  }
  Object.values(value).forEach((it) => visit(it, onIntrinsic));
}

/** The items, each behind those that it needs. */
function inOrder<T>(items: readonly T[], needs: (item: T) => readonly T[]): T[] {
  const ordered = new Set<T>();
  const add = (item: T): void => {
    if (!ordered.has(item)) {
      needs(item).forEach(add);
      ordered.add(item);
    }
  };
  items.forEach(add);
  return [...ordered];
}

/** `CodeDeployLambdaAliasUpdate` of a template is `codeDeployLambdaAliasUpdate` for the CDK. */
function lowerKeys(value: object): object {
  const lower = (key: string): string => key.charAt(0).toLowerCase() + key.slice(1);
  return Object.fromEntries(Object.entries(value).map(([key, it]) =>
    intrinsicOf(value) !== undefined ? [key, it] : [lower(key), typeof it === 'object' && it !== null && !Array.isArray(it) ? lowerKeys(it) : it]));
}
