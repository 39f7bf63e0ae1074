import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { BareStack } from './bare-resources';

/**
 * The floor under the reference: Node, aws-cdk-lib, and the same resources as bare L1 with their properties as data. It derives, grants and
 * checks nothing. With a second argument the assembly stays there, for who wants to hold it against the other one.
 */
function main(file: string, kept: string | undefined): number {
  const before = process.cpuUsage();
  const stacks = JSON.parse(fs.readFileSync(file, 'utf8')) as BareStack[];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading it is part of what is measured
  const cdk = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const outdir = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'floor-'));
  const context = (JSON.parse(fs.readFileSync('cdk.json', 'utf8')) as { context: { [key: string]: unknown } }).context;
  const app = new cdk.App({ outdir, context });
  for (const bare of stacks) {
    const stack = new cdk.Stack(app, bare.name, { stackName: bare.name, env: { region: bare.region } });
    stack.templateOptions.metadata = bare.metadata;
    bare.assets.forEach((asset, index) => new cdk.aws_s3_assets.Asset(stack, `Asset${index}`, { path: asset }));
    for (const [id, stated] of Object.entries(bare.parameters) as [string, Parameter][]) {
      new cdk.CfnParameter(stack, id, {
        type: stated.Type, default: stated.Default, description: stated.Description, allowedPattern: stated.AllowedPattern,
        constraintDescription: stated.ConstraintDescription, noEcho: stated.NoEcho,
      });
    }
    const made = new Map<string, import('aws-cdk-lib').CfnResource>();
    for (const { id, module, className, properties, textual, deletionPolicy, updateReplacePolicy } of bare.resources) {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading it is part of what is measured
      const l1 = (require(module) as { [name: string]: L1Class })[className];
      const texts = textual.map((name) => [name, cdk.Token.asString(properties[name])]);
      const resource = new l1(stack, id, texts.length === 0 ? properties : { ...properties, ...Object.fromEntries(texts) });
      resource.cfnOptions.deletionPolicy = deletionPolicy as never;
      resource.cfnOptions.updateReplacePolicy = updateReplacePolicy as never;
      made.set(id, resource);
    }
    for (const { id, dependsOn } of bare.resources) {
      dependsOn.forEach((other) => made.get(id)!.addResourceDependency(made.get(other)!));
    }
    for (const [id, { Value, Export }] of Object.entries(bare.outputs)) {
      const output = new cdk.CfnOutput(stack, `Output${id}`, { value: cdk.Token.asString(Value), exportName: Export?.Name });
      output.overrideLogicalId(id);
    }
  }
  app.synth();
  const { user, system } = process.cpuUsage(before);
  if (kept === undefined) {
    fs.rmSync(outdir, { recursive: true, force: true });
  }
  return user + system;
}

type L1Class = new (scope: import('constructs').Construct, id: string, properties: object) => import('aws-cdk-lib').CfnResource;

interface Parameter {
  readonly Type: string;
  readonly Default?: unknown;
  readonly Description?: string;
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly NoEcho?: boolean;
}

process.send!({ total: main(process.argv[2], process.argv[3]) });
