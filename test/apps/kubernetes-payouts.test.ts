import { Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { stageCommon } from '../../apps/payment-reference/guard-stage';
import { KubernetesDataStack } from '../../apps/payment-reference/kubernetes/data-stack';
import { LedgerStack } from '../../apps/payment-reference/kubernetes/ledger-stack';
import { addPayouts } from '../../apps/payment-reference/kubernetes/payouts';
import { Phase } from '../../apps/payment-reference/phase';
import { NetworkStack } from '../../apps/payment-reference/stacks/network-stack';
import { SecurityStack } from '../../apps/payment-reference/stacks/security-stack';
import { environments } from '../../apps/payment-reference/workload';
import { DEFAULTS } from '../../constructs/defaults';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { ledgerTimeToLiveSeconds } from '../../lib/sizing/stream-retention';
import { testApp } from '../support/app';
import { resourcesOf, type Statement, statements } from '../support/template';

const workload = environments.dev;

/** What payouts need of the stage, and payouts. */
function payoutTemplates() {
  const stage = new Stage(testApp(), 'payments', { env: { region: 'eu-west-1' } });
  const common = stageCommon({ environmentName: 'dev' }, Phase.SCALE);
  const security = new SecurityStack(stage, 'security', common);
  const network = new NetworkStack(stage, 'network', { ...common, security, workload, kubernetesNodes: true });
  const shared = { ...common, security, network, workload };
  const ledger = new LedgerStack(stage, 'ledger', shared);
  const data = new KubernetesDataStack(stage, 'data', shared);
  const { events, payouts } = addPayouts(stage, { ...shared, data, ledger });
  return { ledger: ledger.database, events: Template.fromStack(events), payouts: Template.fromStack(payouts), stacks: { events, payouts } };
}

const { events, ledger, payouts, stacks } = payoutTemplates();

function variablesOf(template: Template, id: string): Record<string, unknown> {
  const [, found] = Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).find(([key]) => key.startsWith(id))!;
  return found.Properties.Environment.Variables;
}

/** What the role of a function may do. */
function actionsOf(template: Template, role: string): string[] {
  const policies = { ...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy') };
  const own = Object.values(policies).filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role));
  return own.flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]).flatMap(({ Action }) => Action);
}

describe('payouts in the Kubernetes profile', () => {
  it('take their steps in the databases of the ledger, and know no table of it', () => {
    const told = variablesOf(payouts, 'PayoutSteps');
    expect(Object.keys(told).sort()).toEqual([
      'BALANCE_LAG_SECONDS', 'DATABASE_NAME', 'DATABASE_POOL', 'DATABASE_WRITERS', 'DATABASE_WRITER_USER', 'EVENT_BUS_NAME', 'LEDGER', 'LEDGER_TTL_SECONDS',
      'NODE_EXTRA_CA_CERTS', 'PAYOUT_TABLE', 'PAYOUT_WATCH_QUEUE_URL', 'PAYOUT_WATCH_SECONDS', 'REFUND_WINDOW_SECONDS', 'TRANSFER_ENDPOINT',
    ]);
    expect(told).toMatchObject({
      LEDGER: 'postgresql', DATABASE_WRITER_USER: 'ledger_writer', LEDGER_TTL_SECONDS: String(ledgerTimeToLiveSeconds(workload)),
      REFUND_WINDOW_SECONDS: String(workload.refundWindow.toSeconds()),
    });
  });

  it('see a hold in the balance at once, but for a failover, and not minutes later', () => {
    const { BALANCE_LAG_SECONDS: seconds } = variablesOf(payouts, 'PayoutSteps');
    expect(Number(seconds)).toBe(DEFAULTS.payouts.databaseLag.toSeconds());
    expect(Number(seconds)).toBeLessThan(DEFAULTS.payouts.balanceLag.toSeconds());
  });

  it('log in as who may apply payments, at each writer, and reach it', () => {
    const [connect, ...others] = statements(payouts).filter(({ actions }) => actions.includes('rds-db:connect'));
    expect(JSON.stringify(connect.resources)).toContain('/ledger_writer');
    expect(JSON.stringify([connect, ...others])).not.toContain('ledger_reader');
    expect([connect, ...others].flatMap(({ resources }) => resources)).toHaveLength(ledger.shards.length);
    const [way] = Object.values(resourcesOf(payouts, 'AWS::EC2::SecurityGroupIngress'));
    expect(way.Properties).toMatchObject({ FromPort: DEFAULTS.database.port, ToPort: DEFAULTS.database.port });
    expect(JSON.stringify(way.Properties.SourceSecurityGroupId)).toContain('PayoutSteps');
    // Out to the provider over HTTPS, and to the writers.
    const out = Object.values(resourcesOf(payouts, 'AWS::EC2::SecurityGroupEgress')).map(({ Properties }) => Properties.ToPort);
    expect(out).toEqual([DEFAULTS.database.port]);
  });

  it('have one table, of what is done, and no other: neither a scan of it nor a deletion', () => {
    expect(Object.keys(resourcesOf(payouts, 'AWS::DynamoDB::GlobalTable'))).toHaveLength(1);
    const tables = statements(payouts).filter(({ actions }) => actions.some((action) => action.startsWith('dynamodb:')));
    expect(tables.length).toBeGreaterThan(0);
    expect(tables.flatMap(({ actions }) => actions).filter((action) => /Delete|Scan/.test(action))).toEqual([]);
    expect(tables.filter(({ resources }) => !JSON.stringify(resources).includes('PayoutsTable'))).toEqual([]);
    expect(Object.keys(resourcesOf(payouts, 'AWS::Backup::BackupSelection'))).toHaveLength(1);
  });

  it('are watched by a function that knows nothing of the ledger, and may start them', () => {
    expect(Object.keys(variablesOf(payouts, 'PayoutWatch')).sort()).toEqual([
      'LEDGER_TTL_SECONDS', 'PAYOUT_OVERDUE_SECONDS', 'PAYOUT_STATE_MACHINE_ARN', 'PAYOUT_TABLE', 'PAYOUT_WATCH_QUEUE_URL', 'PAYOUT_WATCH_SECONDS',
    ]);
    expect(actionsOf(payouts, 'PayoutWatch')).toContain('states:StartExecution');
    expect(actionsOf(payouts, 'PayoutSteps')).not.toContain('states:StartExecution');
  });

  it('carry out as many steps at once as their saga needs', () => {
    const [, steps] = Object.entries(resourcesOf(payouts, 'AWS::Lambda::Function')).find(([id]) => id.startsWith('PayoutSteps'))!;
    const decisions: { path: string; name: string; value: number }[] = payouts.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
    const sized = (name: string) => decisions.find((it) => it.path.endsWith('payouts/Payout') && it.name === name)?.value;
    expect([steps.Properties.ReservedConcurrentExecutions, steps.Properties.Timeout]).toEqual([sized('concurrency'), sized('taskTimeout')]);
    expect(sized('concurrency')).toBeGreaterThan(0);
  });

  it('have alarms on what does not come to an end', () => {
    expect(Object.keys(stacks.payouts.alarms.alarms).sort()).toEqual(['Contradictory', 'Errors', 'Overdue', 'Throttles']);
  });
});

describe('events in the Kubernetes profile', () => {
  it('go from the bus to merchants and into reports', () => {
    const rules = Object.values(resourcesOf(events, 'AWS::Events::Rule')).map(({ Properties }) => Properties);
    const typed = rules.filter(({ EventPattern }) => EventPattern?.['detail-type'] !== undefined);
    expect(typed.map(({ EventPattern }) => EventPattern['detail-type'])).toEqual([
      ['payout.settled', 'payout.released', 'payout.rejected'], ['payout.settled', 'payout.released', 'payout.rejected'],
    ]);
    expect(Object.keys(variablesOf(events, 'Notifications'))).toEqual(['PROFILE_TABLE']);
    expect(Object.keys(variablesOf(events, 'ReportWorker'))).toEqual(['REPORT_BUCKET']);
  });

  it('are told at addresses in the table of profiles, which is read alone', () => {
    const tables = statements(events).filter(({ actions }) => actions.some((action) => action.startsWith('dynamodb:')));
    expect(JSON.stringify(tables.map(({ resources }) => resources))).toContain('Profiles');
    expect(tables.flatMap(({ actions }) => actions).filter((action) => /Put|Insert|Update|Delete|Scan/.test(action))).toEqual([]);
  });

  it('are put on the bus by the steps of payouts alone', () => {
    expect(actionsOf(payouts, 'PayoutSteps')).toContain('events:PutEvents');
    expect(actionsOf(payouts, 'PayoutWatch')).not.toContain('events:PutEvents');
  });
});
