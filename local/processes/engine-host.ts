import { type DiscardCommand, seededRandom } from '../../lib/event-source';
import { LocalAwsClient } from '../aws/local-aws-client';
import { KinesisEngine, KinesisServer } from '../engines/stream';
import { KinesisFaults } from '../engines/stream/kinesis-faults';
import { KinesisEventSource, QueueEventSource, StreamEventSource, TableStreamEventSource } from '../event-sources';
import type { EngineFaults, KillMoment } from '../faults';
import type { FunctionDefinition } from '../functions/function-definition';
import { FunctionPool } from '../functions/function-pool';
import { KillSwitch } from '../functions/kill-switch';
import { queueMappingConfiguration, streamMappingConfiguration } from '../plan/mapping-configuration';
import type { EventPlan } from '../plan/event-plan';
import type { MappingPlan, StreamPlan } from '../plan/run-plan';
import type { StateMachinePlan } from '../plan/workflow-plan';
import { SeededRandom } from '../random/seeded-random';
import type { EngineLiveState, EngineStatistics } from '../run/engine-statistics';
import { Coordination } from './coordination';
import { FailureStores } from './failure-stores';
import { liveMapping, liveStream } from './live-state';
import { serveParent } from './serve-parent';

export interface EngineHostConfiguration {
  readonly region: string;
  readonly account: string;
  readonly streams: readonly StreamPlan[];
  readonly mappings: readonly MappingPlan[];
  readonly functions: readonly FunctionDefinition[];
  readonly stateMachines: readonly StateMachinePlan[];
  readonly events: EventPlan;
  /** Variables that every function gets: region, credentials and the addresses of the other engines. */
  readonly environment: { readonly [name: string]: string };
  readonly tablePort: number;
  readonly queueEndpoint: string;
  readonly objectEndpoint: string;
  /** Physical names of the buckets. */
  readonly buckets: readonly string[];
  /** URL here of each queue, by ARN. */
  readonly queueUrls: { readonly [arn: string]: string };
  readonly logFolder: string;
  readonly seed: number;
}

/** What the runner hears when the engines are there. */
export interface EngineHostReady {
  /** Of the streams. */
  readonly port: number;
  /** Variables with which clients reach state machines, event buses and the pretend bank. */
  readonly environment: { readonly [name: string]: string };
}

type Mapping = StreamEventSource | QueueEventSource;

/** Variable of functions that have a provider transfer money: here that is the pretend bank, never whoever the template names. */
const TRANSFER_ENDPOINT = 'TRANSFER_ENDPOINT';

const QUEUE_DEPTHS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'];

serveParent<EngineHostConfiguration>(async (configuration, emit) => {
  const engine = new KinesisEngine({ region: configuration.region, account: configuration.account });
  configuration.streams.forEach(({ name, mode, shards, retentionHours }) => engine.createStream({ name, mode, shardCount: shards, retentionHours }));
  // Each fault draws from a sequence of its own, so that none changes when another one strikes.
  const faults = new KinesisFaults({ random: new SeededRandom(configuration.seed + 1), onApiKill: (streamName) => emit('apiKill', streamName) });
  const killSwitch = new KillSwitch({ random: new SeededRandom(configuration.seed + 2) });
  const server = await KinesisServer.start({ engine, faults });

  const queues = new LocalAwsClient({ endpoint: configuration.queueEndpoint, service: 'sqs', targetPrefix: 'AmazonSQS', region: configuration.region });
  const pools = new Map<string, FunctionPool>();
  const coordination = await Coordination.start({
    ...configuration,
    queues,
    functionOf: (name) => pools.get(name),
    seed: configuration.seed + 3,
    needsBank: configuration.functions.some((definition) => TRANSFER_ENDPOINT in definition.environment),
  });
  const environment = { ...configuration.environment, AWS_ENDPOINT_URL_KINESIS: server.endpoint, ...coordination.environment };
  for (const definition of configuration.functions) {
    const { [TRANSFER_ENDPOINT]: _replaced, ...own } = definition.environment;
    pools.set(definition.name, new FunctionPool({ ...definition, environment: own }, environment, configuration.logFolder, killSwitch));
  }
  const failures = new FailureStores(configuration, queues);
  const mappings = configuration.mappings.map((mapping, index) => createMapping(configuration, { engine, failures, faults, pools }, mapping, index));
  const balanceMappings = mappings.filter((_, index) => keepsBalances(configuration, configuration.mappings[index]));
  await Promise.all(mappings.map((mapping) => mapping.start()));

  const queuedMessages = async (): Promise<number> => {
    const depths = await Promise.all(
      // A dead letter is not on its way to anybody.
      configuration.mappings.filter(({ source }) => source === 'queue').map(async ({ sourceArn }) => {
        const { Attributes } = await queues.call<{ Attributes: Record<string, string> }>('GetQueueAttributes', {
          QueueUrl: configuration.queueUrls[sourceArn],
          AttributeNames: QUEUE_DEPTHS,
        });
        return QUEUE_DEPTHS.reduce((sum, name) => sum + Number(Attributes[name]), 0);
      }),
    );
    return depths.reduce((sum, depth) => sum + depth, 0);
  };

  return {
    ready: { port: Number(new URL(server.endpoint).port), environment: coordination.environment },
    requests: {
      statistics: async (): Promise<EngineStatistics> => ({
        ...statisticsOf(mappings, pools, engine, faults),
        balanceLagSeconds: oldestRecordSeconds(balanceMappings),
        // A queue knows itself what is left: a message counts until it was deleted, whoever holds it.
        idle: mappings.every((mapping) => mapping instanceof QueueEventSource || mapping.drained) && coordination.statistics().underWay === 0
          && (await queuedMessages()) === 0,
        coordination: coordination.statistics(),
      }),
      updateEnvironment: ({ functionName, variables }: { functionName: string; variables: { [name: string]: string } }) => {
        pools.get(functionName)?.updateEnvironment(variables);
      },
      liveState: (): EngineLiveState => ({
        streams: engine.streamNames.map((name) => liveStream(engine.stream(name), engine.limits)),
        mappings: mappings.map((mapping, index) => liveMapping(configuration.mappings[index], mapping)),
      }),
      setFaults: (wanted: EngineFaults) => {
        faults.set(wanted);
        pools.forEach((pool) => pool.slowDown(wanted.slowHandlerMilliseconds ?? 0));
      },
      reshard: () => faults.reshard(engine),
      armWorkerKill: ({ moment }: { moment: KillMoment }) => killSwitch.arm(moment),
      armApiKill: ({ moment, streams }: { moment: KillMoment; streams: string[] }) => faults.armApiKill(moment, streams),
      disarmKills: () => {
        killSwitch.disarm();
        faults.disarm();
      },
      putUnreadable: ({ count, streams }: { count: number; streams: string[] }) => faults.putUnreadable(engine, count, streams),
    },
    stop: async () => {
      await coordination.stop();
      // Environments first: an invocation that hangs must not hold up its mapping.
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      await Promise.all(mappings.map((mapping) => mapping.stop()));
      failures.close();
      queues.close();
      await server.stop();
    },
  };
});

/** What mappings are made of. */
interface MappingParts {
  readonly engine: KinesisEngine;
  readonly failures: FailureStores;
  readonly faults: KinesisFaults;
  readonly pools: ReadonlyMap<string, FunctionPool>;
}

function createMapping(configuration: EngineHostConfiguration, parts: MappingParts, mapping: MappingPlan, index: number): Mapping {
  const { engine, failures, faults, pools } = parts;
  const invoker = pools.get(mapping.functionName)!;
  // Mappings get over the errors that they meet; the log tells of them.
  const onError = (error: Error): void => void process.stderr.write(`${mapping.id}: ${error.message}\n`);
  if (mapping.source === 'queue') {
    return new QueueEventSource({
      configuration: queueMappingConfiguration(mapping),
      endpoint: configuration.queueEndpoint,
      queueUrl: configuration.queueUrls[mapping.sourceArn],
      invoker,
      onError,
    });
  }
  const random = seededRandom(configuration.seed + index);
  const destination = failures.destination(mapping, random);
  const props = {
    configuration: streamMappingConfiguration(mapping),
    invoker,
    onError,
    random,
    onDiscard: async (discard: DiscardCommand, event: () => unknown) => {
      onError(new Error(`gave up ${discard.records.length} records of ${discard.shardId} (${discard.reason})`));
      await destination?.store(discard, event);
    },
  };
  return mapping.source === 'kinesis'
    ? new KinesisEventSource({ ...props, engine, streamName: mapping.sourceArn.replace(/^.*:stream\//, ''), faults })
    : new TableStreamEventSource({ ...props, endpoint: `http://127.0.0.1:${configuration.tablePort}`, streamArn: mapping.sourceArn });
}

function statisticsOf(
  mappings: readonly Mapping[], pools: ReadonlyMap<string, FunctionPool>, engine: KinesisEngine, faults: KinesisFaults,
): Omit<EngineStatistics, 'idle' | 'balanceLagSeconds'> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  const streams = mappings.filter((mapping) => mapping instanceof StreamEventSource);
  const functions = [...pools.values()].map((pool) => pool.statistics());
  const { apiKills, expiredIterators, lostAnswers, unavailable } = faults.counts;
  return {
    redelivered: sum(mappings.map(({ counters }) => ('redeliveredRecords' in counters ? counters.redeliveredRecords : counters.redeliveredMessages))),
    throttledRecords: sum(engine.streamNames.flatMap((name) => engine.stream(name).statistics().map((shard) => shard.throttledRecords))),
    invocations: sum(functions.map(({ invocations }) => invocations)),
    handlerErrors: sum(functions.map(({ errors }) => errors)),
    discarded: sum(streams.map(({ counters }) => counters.discardedRecords)),
    faults: {
      workerKills: {
        inside: sum(functions.map(({ kills }) => kills.inside)),
        afterEffects: sum(functions.map(({ kills }) => kills.afterEffects)),
      },
      apiKills,
      slowedInvocations: sum(functions.map(({ slowed }) => slowed)),
      lostAnswers,
      expiredIterators,
      unavailableCalls: unavailable,
    },
  };
}

/** Whether a mapping's function writes balances: other readers of a table stream may take their time. */
function keepsBalances({ functions }: EngineHostConfiguration, { functionName, source }: MappingPlan): boolean {
  return source === 'table-stream' && functions.some(({ name, environment }) => name === functionName && 'BALANCE_TABLE' in environment);
}

/** Age of the oldest record that was read and is not behind the checkpoint. */
function oldestRecordSeconds(mappings: readonly Mapping[]): number {
  const shards = mappings.flatMap((mapping) => (mapping instanceof StreamEventSource ? mapping.status.shards : []));
  return Math.max(0, ...shards.map(({ oldestRecordAgeMilliseconds }) => oldestRecordAgeMilliseconds / 1000));
}
