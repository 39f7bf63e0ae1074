import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { Phase } from '../../apps/payment-reference/phase';
import { type EnvironmentName, environments } from '../../apps/payment-reference/workload';
import { testApp } from '../support/app';

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
}

interface Template {
  readonly Resources: { readonly [id: string]: Resource };
  readonly Outputs?: { readonly [id: string]: { readonly Export?: { readonly Name: unknown } } };
}

const PHASES = [Phase.FOUNDATION, Phase.OPTIMIZATION, Phase.ADVANCED, Phase.SCALE];
const ENVIRONMENTS: readonly EnvironmentName[] = ['dev', 'prod'];

/** What cannot be made anew without losing what it holds. */
const STATEFUL = /^AWS::(Backup::BackupVault|Cassandra::|DynamoDB::|ElastiCache::(ReplicationGroup|ServerlessCache)|KMS::Key|Kinesis::Stream$|Logs::LogGroup|S3::Bucket$|SQS::Queue$)/;

/** Properties of which a change makes CloudFormation replace the resource. */
const REPLACING: { readonly [type: string]: readonly string[] } = {
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::Kinesis::Stream': ['Name'],
  'AWS::S3::Bucket': ['BucketName', 'ObjectLockEnabled'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion'],
  'AWS::Backup::BackupVault': ['BackupVaultName', 'EncryptionKeyArn'],
};

/** Templates of a phase by the name of their stack. */
function templates(environment: EnvironmentName, phase: Phase, cells?: number, env?: { region?: string; account?: string }): Map<string, Template> {
  const app: App = testApp();
  const workload = cells === undefined ? environments[environment] : environments[environment].with({ cells });
  new PaymentReferenceStage(app, `payments-${environment}`, { env, environmentName: environment, workload, phase });
  const { stacks } = app.synth().getNestedAssembly(`assembly-payments-${environment}`);
  return new Map(stacks.map((stack) => [stack.stackName, JSON.parse(fs.readFileSync(path.join(stack.assembly.directory, stack.templateFile), 'utf8')) as Template]));
}

const synthesized = new Map<string, Map<string, Template>>();
const of = (environment: EnvironmentName, phase: Phase): Map<string, Template> => {
  const key = `${environment} ${phase.number}`;
  const known = synthesized.get(key) ?? templates(environment, phase, undefined, { region: 'eu-west-1' });
  synthesized.set(key, known);
  return known;
};

const steps = ENVIRONMENTS.flatMap((environment) => PHASES.slice(1).map((to, index) => ({ environment, from: PHASES[index], to })));

describe.each(ENVIRONMENTS)('the phases of %s', (environment) => {
  it.each(PHASES)('synthesize with a region and no account, with both, and with neither: $number', (phase) => {
    expect(of(environment, phase).size).toBeGreaterThan(5);
    expect(templates(environment, phase).size).toBe(of(environment, phase).size);
    expect(templates(environment, phase, undefined, { region: 'eu-west-1', account: '111122223333' }).size).toBe(of(environment, phase).size);
  });

  it.each(PHASES)('are the same bytes in every synthesis: $number', (phase) => {
    expect([...templates(environment, phase, undefined, { region: 'eu-west-1' })]).toEqual([...of(environment, phase)]);
  });

  it.each(PHASES)('leave room in every stack: $number', (phase) => {
    for (const [name, template] of of(environment, phase)) {
      expect({ name, resources: Object.keys(template.Resources).length }).toEqual({ name, resources: expect.any(Number) });
      expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(400);
      expect(JSON.stringify(template, undefined, 1).length).toBeLessThan(800_000);
    }
  });
});

describe.each(steps)('$environment from phase $from.number to $to.number', ({ environment, from, to }) => {
  it('replaces nothing that holds data', () => {
    const after = of(environment, to);
    const gone: string[] = [];
    for (const [name, template] of of(environment, from)) {
      for (const [id, resource] of Object.entries(template.Resources).filter(([, { Type }]) => STATEFUL.test(Type))) {
        const next = after.get(name)?.Resources[id];
        const replaced = REPLACING[resource.Type]?.filter((property) =>
          JSON.stringify(resource.Properties?.[property]) !== JSON.stringify(next?.Properties?.[property])) ?? [];
        if (next?.Type !== resource.Type || replaced.length > 0) {
          gone.push(`${name}/${id} ${resource.Type} ${replaced.join(', ')}`);
        }
      }
    }
    expect(gone).toEqual([]);
  });

  it('takes no export away', () => {
    const exported = (stacks: Map<string, Template>) => [...stacks.values()].flatMap(({ Outputs }) => Object.values(Outputs ?? {}))
      .flatMap(({ Export }) => (Export === undefined ? [] : [JSON.stringify(Export.Name)]));
    const after = new Set(exported(of(environment, to)));
    expect(exported(of(environment, from)).filter((name) => !after.has(name))).toEqual([]);
  });
});

describe('from one cell to four', () => {
  it('no stream at most doubles or more than halves in a step', () => {
    const shards = (stacks: Map<string, Template>) => new Map([...stacks].flatMap(([name, template]) => Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::Kinesis::Stream').map(([id, { Properties }]) => [`${name}/${id}`, Number(Properties!.ShardCount)] as const)));
    const ways = [of('prod', Phase.ADVANCED), ...[1, 2, 3, 4].map((cells) => templates('prod', Phase.SCALE, cells, { region: 'eu-west-1' }))].map(shards);
    for (let step = 1; step < ways.length; step++) {
      for (const [id, before] of ways[step - 1]) {
        const after = ways[step].get(id);
        expect({ step, id, fits: after !== undefined && after <= 2 * before && after >= before / 2 }).toEqual({ step, id, fits: true });
      }
    }
  });
});

it('takes no phase that there is not', () => {
  expect(() => Phase.of('5')).toThrow('`phase` must be one of 1, 2, 3, 4, got: 5');
  expect(Phase.of('2')).toBe(Phase.OPTIMIZATION);
});
