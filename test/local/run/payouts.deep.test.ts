import * as fs from 'node:fs';
import * as path from 'node:path';
import { AwsJsonClient, type AwsJsonService } from '../../../lambdas/runtime/aws/json-client';
import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import { BalanceTable } from '../../../lambdas/runtime/balance/balance-table';
import { DynamoDbLedger } from '../../../lambdas/runtime/ledger/dynamodb-ledger';
import { ShardDirectory } from '../../../lambdas/runtime/sharding/shard-directory';
import { Topology } from '../../../lib/topology';
import { checkCoverage } from '../../../local/plan/coverage';
import { planRun, type RunPlan } from '../../../local/plan/run-plan';
import { tableHostConfiguration } from '../../../local/plan/table-hosting';
import { ChildProcess } from '../../../local/processes/child-process';
import type { EngineHostReady } from '../../../local/processes/engine-host';
import type { QueueHostReady } from '../../../local/processes/queue-host';
import type { EngineStatistics } from '../../../local/run/engine-statistics';
import { bankTransfers } from '../../../local/checker/bank';
import { testApp } from '../../support/app';
import { PayoutStack } from '../../support/payout-stack';
import { payment } from '../../lambdas/runtime/support/payments';
import { temporaryFolder } from './cht';

const MERCHANTS = ['m1', 'm2', 'm3', 'm4'];
const PAYOUTS_OF_MERCHANT = 12;
const DEPOSIT = 1_000_000;
const REGION = 'eu-west-1';
/** For how long a queue hides what a killed function had received; the templates say minutes, which nothing here would be learned from. */
const HIDDEN_SECONDS = 60;
/** Nothing here depends on how fast the machine is: this only ends a wait that hangs. */
const LONGEST_WAIT_MILLISECONDS = 500_000;

/** The template of payouts on the engines of the local run: state machine, functions in processes of their own, bus, queues, tables and bank. */
describe('payouts on this machine', () => {
  const folder = temporaryFolder();
  let plan: RunPlan;
  let tables: ChildProcess<{ port: number }>;
  let queues: ChildProcess<QueueHostReady>;
  let engines: ChildProcess<EngineHostReady>;

  const client = (service: AwsJsonService, endpoint: string) => new AwsJsonClient({
    service, region: REGION, endpoint, credentials: () => ({ accessKeyId: 'LOCAL', secretAccessKey: 'local' }),
  });
  const start = <Ready>(entry: string, configuration: object) => ChildProcess.start<Ready>({
    name: entry, entry, configuration, logFile: path.join(folder, `${entry}.log`),
  });

  beforeAll(async () => {
    const outdir = path.join(folder, 'out');
    const app = testApp({ outdir });
    new PayoutStack(app, 'payouts', { env: { region: REGION } });
    app.synth();
    const topology = Topology.read(outdir);
    expect(checkCoverage(topology).summary[0]).toContain('1 state machines, 1 event buses');
    const template = planRun(topology);
    const waits = { PAYOUT_WATCH_SECONDS: '2', BALANCE_LAG_SECONDS: '10', TRANSFER_TIMEOUT_MILLISECONDS: '1000' };
    plan = {
      ...template,
      queues: template.queues.map((it) => ({ ...it, attributes: { ...it.attributes, VisibilityTimeout: String(HIDDEN_SECONDS) } })),
      functions: template.functions.map((it) => ({
        ...it, environment: { ...it.environment, ...Object.fromEntries(Object.entries(waits).filter(([name]) => name in it.environment)) },
      })),
    };
    const buckets = plan.buckets.map(({ name }) => name);
    [queues, tables] = await Promise.all([
      start<QueueHostReady>('queue-host', { region: REGION, account: plan.account, queues: plan.queues, buckets }),
      start<{ port: number }>('table-host', { ...tableHostConfiguration(plan.tables), engine: 'memory', seed: 1, spillFolder: folder }),
    ]);
    const urls = new Map(plan.queues.map(({ name, url }) => [url, queues.ready.urls[name]]));
    engines = await start<EngineHostReady>('engine-host', {
      ...plan,
      functions: plan.functions.map((it) => ({
        ...it, environment: Object.fromEntries(Object.entries(it.environment).map(([name, value]) => [name, urls.get(value) ?? value])),
      })),
      environment: {
        AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: REGION,
        AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tables.ready.port}`, AWS_ENDPOINT_URL_SQS: queues.ready.endpoint, AWS_ENDPOINT_URL_S3: queues.ready.endpoint,
      },
      tablePort: tables.ready.port,
      queueEndpoint: queues.ready.endpoint,
      objectEndpoint: queues.ready.endpoint,
      buckets,
      queueUrls: Object.fromEntries(plan.queues.map(({ arn, name }) => [arn, queues.ready.urls[name]])),
      logFolder: folder,
      seed: 7,
    });
  });
  afterAll(async () => {
    await engines?.stop();
    await Promise.all([tables?.stop(), queues?.stop()]);
    fs.rmSync(folder, { recursive: true });
  });

  it('settle exactly where the bank paid while their functions are killed and answers are lost', async () => {
    const environment = Object.assign({}, ...plan.functions.map((it) => it.environment)) as Record<string, string>;
    const dynamodb = client('dynamodb', `http://127.0.0.1:${tables.ready.port}`);
    const states = client('states', engines.ready.environment.AWS_ENDPOINT_URL_SFN);
    const bank = engines.ready.environment.TRANSFER_ENDPOINT;
    const ledger = new DynamoDbLedger({ dynamodb, tables: environment.LEDGER_TABLES.split(','), directory: new ShardDirectory(1) });
    const balances = new BalanceTable({ dynamodb, table: environment.BALANCE_TABLE });
    await ledger.applyPayments(MERCHANTS.map((merchantId) => payment(merchantId, 'deposit', { amount: DEPOSIT, acceptedAt: Date.now() })));
    await until(async () => (await Promise.all(MERCHANTS.map((it) => balances.balance(it, 'EUR')))).every(({ available }) => available === BigInt(DEPOSIT)));

    await tables.request('setFaults', { lostAnswers: 0.02 });
    const requests = MERCHANTS.flatMap((merchantId) => Array.from({ length: PAYOUTS_OF_MERCHANT }, (_, index) => ({
      merchantId, idempotencyKey: `order${index}`, amount: 10_000 + index, currency: 'EUR', requestedAt: Date.now(),
    })));
    for (const request of requests) {
      const input = JSON.stringify(request);
      await states.call('StartExecution', { stateMachineArn: plan.stateMachines[0].arn, input });
      if (request.idempotencyKey.endsWith('3')) {
        await states.call('StartExecution', { stateMachineArn: plan.stateMachines[0].arn, input });
      }
      await engines.request('armWorkerKill', { moment: request.idempotencyKey === 'order5' ? 'inside' : 'after-effects' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await engines.request('disarmKills');
    await tables.request('setFaults', {});
    await until(async () => (await engines.request<EngineStatistics>('statistics')).idle);

    const statistics = await engines.request<EngineStatistics>('statistics');
    expect(statistics.faults.workerKills.inside + statistics.faults.workerKills.afterEffects).toBeGreaterThan(2);
    const paid = new Set((await bankTransfers(bank)).map(({ identity }) => identity));
    const { transfers: refused } = await (await fetch(`${bank}/refusals`)).json() as { transfers: unknown[] };
    expect(paid.size + refused.length).toBe(requests.length);
    expect(refused.length).toBeGreaterThan(0);
    const rows = (await dynamodb.call<{ Items: Item[] }>('Scan', { TableName: environment.PAYOUT_TABLE })).Items.filter(({ sk }) => sk.S!.startsWith('payout#'));
    expect(rows).toHaveLength(requests.length);
    for (const { announcedAt, pk, sk, state } of rows) {
      expect(announcedAt).toBeDefined();
      expect(state.S).toBe(paid.has(`${pk.S}\u0000${sk.S!.slice('payout#'.length)}`) ? 'settled' : 'released');
    }
    for (const merchantId of MERCHANTS) {
      const sum = requests
        .filter((it) => it.merchantId === merchantId && paid.has(`${merchantId}\u0000${it.idempotencyKey}`))
        .reduce((total, { amount }) => total + amount, 0);
      await until(async () => (await balances.balance(merchantId, 'EUR')).available === BigInt(DEPOSIT - sum));
      expect(await balances.balance(merchantId, 'EUR')).toEqual({ available: BigInt(DEPOSIT - sum), held: 0n });
    }
    // Each end was told, through the rule of the bus, to the queue behind it.
    const told = plan.queues.find(({ name }) => name.includes('Told'))!;
    const sqs = client('sqs', queues.ready.endpoint);
    const { Attributes } = await sqs.call<{ Attributes: Record<string, string> }>('GetQueueAttributes', {
      QueueUrl: queues.ready.urls[told.name], AttributeNames: ['ApproximateNumberOfMessages'],
    });
    expect(Number(Attributes.ApproximateNumberOfMessages)).toBeGreaterThanOrEqual(requests.length);
    [dynamodb, states, sqs].forEach((it) => it.close());
  }, 2 * LONGEST_WAIT_MILLISECONDS);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LONGEST_WAIT_MILLISECONDS;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error('it did not come about');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
