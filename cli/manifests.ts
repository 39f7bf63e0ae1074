import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import type { ManifestObject } from '../lib/checks/manifests';
import { renderManifestTable } from '../lib/report/manifest-report';
import { AssemblyError, type DeployedValues } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { assemblyManifests, checkStack, type StackManifests } from './assembly-manifests';
import { type Command, text, UsageError } from './command';
import { statedWorkload } from './workload-file';

/** `cht manifests` */
export const manifestsCommand: Command = {
  help: `cht manifests [ASSEMBLY]: writes what stacks apply to EKS clusters as plain YAML, for GitOps, and checks it on the way

${SYNTHESIS_HELP}
  --out FOLDER           where to, one folder for each stack; ./manifests if left out. What is there of the same name is overwritten
  --values FILE          values that only a deployment knows, as "cdk deploy --outputs-file" writes them: {"STACK": {"NAME": "value"}};
                         parameters of a stack are given in the same way. What is still unknown stands there as \${STACK.NAME}, and is listed
  --workload FILE        what the pods must carry, as JSON: {"peak": 5000}; stacks of this kit tell it themselves
  --warnings-as-errors   warnings fail as well

Charts of Helm are not written: in GitOps they are releases of their own. Nothing is written, and the command ends with 1, when a rule
on manifests finds an error that nobody acknowledged ("cht check --help").
`,
  options: {
    ...SYNTHESIS_OPTIONS,
    'out': { type: 'string' },
    'values': { type: 'string' },
    'workload': { type: 'string' },
    'warnings-as-errors': { type: 'boolean' },
  },
  async run(input) {
    if (input.positionals.length > 1) {
      throw new UsageError(`One assembly at a time, got: ${input.positionals.join(', ')}.`, 'manifests');
    }
    const values = readValues(text(input, 'values'));
    const stated = statedWorkload(input);
    const assembly = await useAssembly(input);
    try {
      const stacks = assemblyManifests(assembly.folder, values);
      if (stacks.length === 0) {
        throw new AssemblyError(`${assembly.folder}: no stack applies a manifest to a cluster of EKS.`);
      }
      const failed = stacks.filter((stack) => !passes(stack, stated, input.values['warnings-as-errors'] === true));
      if (failed.length > 0) {
        return 1;
      }
      const out = text(input, 'out') ?? 'manifests';
      const written = stacks.flatMap((stack) => write(stack, out));
      process.stdout.write(written.map((file) => `${file}\n`).join(''));
      tellUnknown(stacks);
      return 0;
    } finally {
      assembly.dispose();
    }
  },
};

function passes(stack: StackManifests, stated: Workload | undefined, warningsToo: boolean): boolean {
  const report = checkStack(stack, stated);
  process.stderr.write(`${stack.stackName}\n${renderManifestTable(report, { width: process.stderr.columns ?? 120 })}`);
  return !report.violations.some(({ rule }) => warningsToo || rule.severity === 'error');
}

function write({ stackName, files }: StackManifests, out: string): string[] {
  const folder = path.join(out, stackName);
  fs.mkdirSync(folder, { recursive: true });
  return [...files].map(([logicalId, objects]) => {
    const file = path.join(folder, `${logicalId}.yaml`);
    fs.writeFileSync(file, yamlOf(objects));
    return file;
  });
}

/** One document for each object, in the order in which they are applied. */
function yamlOf(objects: readonly ManifestObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}

function tellUnknown(stacks: readonly StackManifests[]): void {
  const unknown = [...new Set(stacks.flatMap((stack) => stack.unknown))];
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.length} values are known after a deployment only; give them in --values FILE:\n${unknown.map((name) => `  ${name}\n`).join('')}`);
  }
}

function readValues(file: string | undefined): DeployedValues {
  if (file === undefined) {
    return {};
  }
  try {
    const values = JSON.parse(fs.readFileSync(file, 'utf8')) as unknown;
    if (!isObject(values) || !Object.values(values).every((stack) => isObject(stack) && Object.values(stack).every((it) => typeof it === 'string'))) {
      throw new Error('it must be {"STACK": {"NAME": "value"}}');
    }
    return values as unknown as DeployedValues;
  } catch (error) {
    throw new AssemblyError(`--values ${file}: ${(error as Error).message}`);
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
