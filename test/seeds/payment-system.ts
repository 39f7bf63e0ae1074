import { createAuditArchiverHandler } from '../../lambdas/audit-archiver/handler';
import { PaymentLookup } from '../../lambdas/payment-api/look-up';
import { createRefundWorkerHandler } from '../../lambdas/refund-worker/handler';
import { ArchiveHeadTable } from '../../lambdas/runtime/archive/archive-heads';
import { sequenceOf } from '../../lambdas/runtime/archive/archived-change';
import { verifyArchive } from '../../lambdas/runtime/archive/chain-verification';
import { type Rebuild, rebuildBalances } from '../../lambdas/runtime/archive/rebuild';
import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';
import { BalanceTable } from '../../lambdas/runtime/balance/balance-table';
import { SqsRefundQueue } from '../../lambdas/runtime/batch/waiting-records';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import { Logger } from '../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../lambdas/runtime/observability/metrics';
import type { Ledger } from '../../lambdas/runtime/ledger/ledger';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import { guardLedger } from '../../lambdas/runtime/resilience/guarded-ledger';
import { RetryPolicy } from '../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { configureEventSource, type DiscardCommand } from '../../lib/event-source';
import { configureQueueEventSource, KinesisEventSource, QueueEventSource, type StreamEventSource, TableStreamEventSource } from '../../local/event-sources';
import type { ServiceClient } from '../../local/event-sources/service-client';
import { SeededRandom } from '../../local/random/seeded-random';
import { balanceProjector, type Defect, paymentWorker } from '../verify-checker/planted/defect';
import { ArchiveService } from './archive-service';
import { DeliveryLog, type DeliveredRecord } from './delivery-log';
import { type Handler, type HandlerFactory, SimulatedFunction } from './functions';
import { archiverShard, changeName } from './ledger-follower';
import { QUEUE_ARN, QUEUE_URL, QueueService } from './queue-service';
import { HOT_MERCHANT } from './random-scenario';
import type { FunctionName, Scenario } from './scenario';
import { ApiTask } from './simulated-api';
import type { SimulatedProcess } from './simulated-process';
import { STREAM_NAME, StreamService } from './stream-service';
import { type StrikeCounts, type StrikeName, Strikes } from './strikes';
import { BALANCE_TABLE, HEAD_TABLE, PARKING_TABLE, TableService } from './table-service';
import type { Trace } from './trace';
import type { VirtualTime } from './virtual-time';

/** Pause of a mapping that found a table stream empty: longer than the service's, so that hours of nothing cost little. */
const IDLE_POLL_MILLISECONDS = 1_000;
const WINDOW_GRACE_MILLISECONDS = 5_000;

/** What an auditor finds. */
export interface Audit {
  /** Every change that the archive holds, by chain and sequence number. */
  readonly changes: readonly string[];
  readonly rebuild: Rebuild;
}

/** The payment path in one process: the real engines, event source mappings and handlers, with ports into virtual time. */
export class PaymentSystem {
  readonly stream: StreamService;
  readonly tables: TableService;
  readonly queue: QueueService;
  readonly archive: ArchiveService;
  readonly tasks: readonly ApiTask[];
  readonly functions: { readonly [name in FunctionName]: SimulatedFunction };
  /** The payment worker's mapping, then the projector's of each ledger table, then the archiver's of each where there is one. */
  readonly sources: readonly StreamEventSource[];
  readonly deliveries = new DeliveryLog();
  /** Of the faults that have struck, those that nobody else counts. */
  readonly strikes = new Strikes();
  /** Records that a mapping gave up. */
  readonly discarded: DiscardCommand[] = [];
  private readonly refundSource: QueueEventSource;

  constructor(private readonly time: VirtualTime, private readonly trace: Trace, private readonly scenario: Scenario, defect: Defect | undefined) {
    const { configuration } = scenario;
    const { latency } = configuration;
    const strike = this.strikes.note;
    this.stream = new StreamService({
      time, random: this.random('stream'), strike, shards: configuration.streamShards, recordsPerSecond: configuration.shardRecordsPerSecond,
    });
    this.tables = new TableService({
      time, random: this.random('tables'), strike, ledgerTables: configuration.ledgerTables, streamShards: configuration.tableStreamShards,
    });
    this.queue = new QueueService(time, this.random('queue'), configuration.refundDelaySeconds * 1_000, strike);
    this.archive = new ArchiveService(this.random('archive'), strike);
    this.tasks = Array.from({ length: configuration.apiTasks }, (_, number) => new ApiTask({
      number, time, random: this.random(`task-${number}`), latency, trace, strike, stream: this.stream, recordPayments: configuration.recordPayments,
      defect,
    }));
    const functionOf = (name: FunctionName, factory: HandlerFactory): SimulatedFunction =>
      new SimulatedFunction({ name, time, random: this.random(name), latency, trace, strike, factory });
    this.functions = {
      'payment-worker': functionOf('payment-worker', this.paymentWorker(defect)),
      'balance-projector': functionOf('balance-projector', this.balanceProjector(defect)),
      'refund-worker': functionOf('refund-worker', this.refundWorker()),
      'audit-archiver': functionOf('audit-archiver', this.auditArchiver(defect)),
    };
    this.sources = [
      this.paymentSource(),
      ...this.tables.ledgerTables.map((table) => this.ledgerSource(table, defect)),
      ...(configuration.archiver === undefined ? [] : this.tables.ledgerTables.map((table) => this.archiverSource(table))),
    ];
    this.refundSource = new QueueEventSource({
      client: this.queue,
      configuration: configureQueueEventSource({ queueArn: QUEUE_ARN, batchSize: 10, maximumConcurrency: 5, reportBatchItemFailures: true }),
      queueUrl: QUEUE_URL,
      invoker: this.functions['refund-worker'].invoker(() => () => undefined),
      clock: time,
    });
  }

  async start(): Promise<void> {
    await this.tables.createTables();
    await Promise.all([...this.sources, this.refundSource].map((source) => source.start()));
  }

  /** Everything that was taken in is done with, and no handler is at work. */
  get isDrained(): boolean {
    return this.queue.length === 0
      && this.sources.every((source) => source.drained)
      && Object.values(this.functions).every(({ isBusy }) => !isBusy);
  }

  /** How often each fault has struck. */
  get strikeCounts(): StrikeCounts {
    const all = new Strikes();
    for (const counts of [this.strikes.counts, this.tables.strikes]) {
      (Object.entries(counts) as [StrikeName, number][]).forEach(([name, times]) => all.add(name, times));
    }
    return all.counts;
  }

  /** Reads the archive as an auditor does. @returns undefined where there is no archiver */
  async audit(): Promise<Audit | undefined> {
    if (this.scenario.configuration.archiver === undefined) {
      return undefined;
    }
    const { directCaller: dynamodb, archive: objects } = this;
    const retry = this.retry({ clock: this.time }, 'audit');
    const heads = new ArchiveHeadTable({ dynamodb, table: HEAD_TABLE, retry });
    const changes: string[] = [];
    await verifyArchive(objects, {
      heads, visit: (chain, _, archived) => archived.forEach((change) => changes.push(changeName(chain, sequenceOf(change)))),
    });
    const system = { objects, heads, dynamodb, balanceTable: BALANCE_TABLE, ledgerTables: this.tables.ledgerTables, retry };
    return { changes, rebuild: await rebuildBalances(system, { clock: this.time }) };
  }

  /** The API's answers to questions, from a process of its own. */
  lookup(): PaymentLookup {
    const { directCaller: dynamodb } = this;
    const retry = this.retry({ clock: this.time }, 'lookup');
    return new PaymentLookup({
      ledger: this.ledger(dynamodb, retry),
      parking: new DynamoDbParking({ dynamodb, table: PARKING_TABLE, retry }),
      balances: new BalanceTable({ dynamodb, table: BALANCE_TABLE, retry }),
      now: () => this.time.now(),
    });
  }

  /** The tables without a network. */
  private get directCaller(): AwsCaller {
    return { call: async <Output>(operation: string, input: object) => await this.tables.serve(operation, input) as Output };
  }

  private paymentWorker(defect: Defect | undefined): HandlerFactory {
    return (process) => paymentWorker({
      dynamodb: this.caller(process, 'table', this.tables),
      ledger: (dynamodb) => this.guardedLedger(process, dynamodb),
      parking: (dynamodb) => new DynamoDbParking({ dynamodb, table: PARKING_TABLE, retry: this.retry(process, 'parking', 4) }),
      refundQueue: this.refundQueue(process),
      ...this.silent(process),
    }, defect) as Handler;
  }

  private refundWorker(): HandlerFactory {
    return (process) => {
      const dynamodb = this.caller(process, 'table', this.tables);
      return createRefundWorkerHandler({
        ledger: this.guardedLedger(process, dynamodb),
        parking: new DynamoDbParking({ dynamodb, table: PARKING_TABLE, retry: this.retry(process, 'refund-parking', 4) }),
        refundQueue: this.refundQueue(process),
        ...this.silent(process),
      }, { refundWaitSeconds: this.scenario.configuration.refundWaitSeconds }) as Handler;
    };
  }

  private balanceProjector(defect: Defect | undefined): HandlerFactory {
    return (process) => balanceProjector({
      dynamodb: this.caller(process, 'table', this.tables),
      table: BALANCE_TABLE,
      retry: this.retry(process, 'balances'),
      ...this.silent(process),
    }, defect) as Handler;
  }

  private auditArchiver(defect: Defect | undefined): HandlerFactory {
    return (process) => {
      const objects = this.archive.seenBy(process);
      const retry = this.retry(process, 'archiver');
      const heads = new ArchiveHeadTable({ dynamodb: this.caller(process, 'table', this.tables), table: HEAD_TABLE, retry });
      return createAuditArchiverHandler({ objects: defect?.archive?.(objects) ?? objects, heads, retry, ...this.silent(process) }) as Handler;
    };
  }

  private guardedLedger(process: SimulatedProcess, dynamodb: AwsCaller): Ledger {
    const random = this.random('breaker');
    return guardLedger(this.ledger(dynamodb, this.retry(process, 'ledger')), { ...this.silent(process), random: () => random.next() });
  }

  private ledger(dynamodb: AwsCaller, retry: RetryPolicy): DynamoDbLedger {
    const { buckets, hotMerchantBuckets } = this.scenario.configuration;
    const directory = new ShardDirectory(buckets, new Map([[HOT_MERCHANT, hotMerchantBuckets]]));
    return new DynamoDbLedger({ dynamodb, tables: this.tables.ledgerTables, directory, retry });
  }

  private refundQueue(process: SimulatedProcess): SqsRefundQueue {
    return new SqsRefundQueue({ sqs: this.caller(process, 'queue', this.queue), queueUrl: QUEUE_URL, retry: this.retry(process, 'queue') });
  }

  private silent({ clock }: Pick<SimulatedProcess, 'clock'>) {
    const now = () => this.time.now();
    return {
      metrics: new EmbeddedMetrics({ functionName: 'seeds', write: () => undefined, now }),
      logger: new Logger({ write: () => undefined, now }),
      clock,
    };
  }

  private retry({ clock }: Pick<SimulatedProcess, 'clock'>, name: string, maximumAttempts?: number): RetryPolicy {
    const random = this.random(name);
    return new RetryPolicy({ clock, random: () => random.next(), maximumAttempts });
  }

  private caller(process: SimulatedProcess, name: string, service: { serve(operation: string, input: object): Promise<object> }): AwsCaller {
    return {
      call: <Output>(operation: string, input: object) => process.call(async () => {
        try {
          const output = await service.serve(operation, input);
          this.trace.note(name, operation);
          return output as Output;
        } catch (error) {
          this.trace.note(name, `${operation} ${(error as { code?: string }).code ?? 'lost'}`);
          throw error;
        }
      }),
    };
  }

  private paymentSource(): KinesisEventSource {
    const { worker } = this.scenario.configuration;
    return new KinesisEventSource({
      engine: this.stream.engine,
      faults: this.stream.readFaults(this.random('stream-reads')),
      streamName: STREAM_NAME,
      configuration: configureEventSource({
        source: 'kinesis',
        eventSourceArn: this.stream.stream.arn,
        startingPosition: { type: 'TRIM_HORIZON' },
        enhancedFanOut: worker.enhancedFanOut,
        batchSize: worker.batchSize,
        maximumBatchingWindowSeconds: worker.batchingWindowSeconds,
        parallelizationFactor: worker.parallelizationFactor,
        bisectBatchOnFunctionError: worker.bisect,
        reportBatchItemFailures: true,
      }),
      invoker: this.functions['payment-worker'].invoker((event) => this.deliveries.delivered(kinesisRecords(event, worker.parallelizationFactor > 1))),
      ...this.sourcePorts('payment-source'),
    });
  }

  private ledgerSource(table: string, defect: Defect | undefined): TableStreamEventSource {
    const { projector } = this.scenario.configuration;
    const streamArn = this.tables.streamArn(table);
    const poller = this.poller();
    return new TableStreamEventSource({
      client: defect?.poller?.(poller, this.time) ?? poller,
      streamArn,
      configuration: configureEventSource({
        source: 'dynamodb',
        eventSourceArn: streamArn,
        startingPosition: { type: 'TRIM_HORIZON' },
        batchSize: projector.batchSize,
        maximumBatchingWindowSeconds: projector.batchingWindowSeconds,
        tumblingWindowSeconds: projector.tumblingWindowSeconds,
        bisectBatchOnFunctionError: projector.bisect,
        reportBatchItemFailures: true,
        filters: [{ eventName: ['INSERT'] }],
        tuning: { idlePollMilliseconds: IDLE_POLL_MILLISECONDS, windowGraceMilliseconds: WINDOW_GRACE_MILLISECONDS },
      }),
      invoker: this.functions['balance-projector'].invoker((event) => this.deliveries.delivered(tableRecords(event, (shard) => `${table} ${shard}`))),
      ...this.sourcePorts(`source-${table}`),
    });
  }

  private archiverSource(table: string): TableStreamEventSource {
    const { batchSize, batchingWindowSeconds, tumblingWindowSeconds, bisect } = this.scenario.configuration.archiver!;
    const streamArn = this.tables.streamArn(table);
    return new TableStreamEventSource({
      client: this.poller(),
      streamArn,
      configuration: configureEventSource({
        source: 'dynamodb',
        eventSourceArn: streamArn,
        startingPosition: { type: 'TRIM_HORIZON' },
        batchSize,
        maximumBatchingWindowSeconds: batchingWindowSeconds,
        tumblingWindowSeconds,
        bisectBatchOnFunctionError: bisect,
        reportBatchItemFailures: true,
        tuning: { idlePollMilliseconds: IDLE_POLL_MILLISECONDS, windowGraceMilliseconds: WINDOW_GRACE_MILLISECONDS },
      }),
      invoker: this.functions['audit-archiver'].invoker((event) =>
        this.deliveries.delivered(tableRecords(event, (shard) => archiverShard(table, shard)))),
      ...this.sourcePorts(`archive-${table}`),
    });
  }

  private sourcePorts(name: string) {
    return {
      random: this.random(name),
      clock: this.time,
      onDiscard: async (command: DiscardCommand) => {
        this.discarded.push(command);
      },
    };
  }

  /** A poller's way to the tables' streams. */
  private poller(): ServiceClient {
    const random = this.random('pollers');
    const { latency: { mean } } = this.scenario.configuration;
    return {
      call: async <Output>(operation: string, input: object): Promise<Output> => {
        await this.time.sleep(random.exponential(mean));
        return this.tables.polled.call<Output>(operation, input);
      },
    };
  }

  /** Randomness of one part, so that a change in one does not change what another draws. */
  private random(name: string): SeededRandom {
    return new SeededRandom([...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), this.scenario.seed));
  }
}

function kinesisRecords(event: unknown, hasLanes: boolean): DeliveredRecord[] {
  const { Records: records } = event as { Records: { eventID: string; kinesis: { sequenceNumber: string; partitionKey: string } }[] };
  return records.map(({ eventID, kinesis }) => ({
    shard: eventID.split(':', 1)[0],
    sequence: kinesis.sequenceNumber,
    lane: hasLanes ? kinesis.partitionKey : '',
  }));
}

function tableRecords(event: unknown, shardName: (shardId: string) => string): DeliveredRecord[] {
  const { Records: records, shardId } = event as { Records: { dynamodb: { SequenceNumber: string } }[]; shardId: string };
  return records.map(({ dynamodb }) => ({ shard: shardName(shardId), sequence: dynamodb.SequenceNumber, lane: '' }));
}
