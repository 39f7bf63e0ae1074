import { seededRandom } from '../../lib/event-source';
import { LocalAwsClient } from '../aws/local-aws-client';
import { KinesisEngine, KinesisServer } from '../engines/stream';
import { KinesisEventSource, QueueEventSource, StreamEventSource, TableStreamEventSource } from '../event-sources';
import type { FunctionDefinition } from '../functions/function-definition';
import { FunctionPool } from '../functions/function-pool';
import { queueMappingConfiguration, streamMappingConfiguration } from '../plan/mapping-configuration';
import type { MappingPlan, StreamPlan } from '../plan/run-plan';
import type { EngineStatistics } from '../run/engine-statistics';
import { serveParent } from './serve-parent';

export interface EngineHostConfiguration {
  readonly region: string;
  readonly account: string;
  readonly streams: readonly StreamPlan[];
  readonly mappings: readonly MappingPlan[];
  readonly functions: readonly FunctionDefinition[];
  /** Variables that every function gets: region, credentials and the addresses of the other engines. */
  readonly environment: { readonly [name: string]: string };
  readonly tablePort: number;
  readonly queueEndpoint: string;
  /** URL here of each queue, by ARN. */
  readonly queueUrls: { readonly [arn: string]: string };
  readonly logFolder: string;
  readonly seed: number;
}

type Mapping = StreamEventSource | QueueEventSource;

const QUEUE_DEPTHS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'];

serveParent<EngineHostConfiguration>(async (configuration) => {
  const engine = new KinesisEngine({ region: configuration.region, account: configuration.account });
  configuration.streams.forEach(({ name, shards, retentionHours }) => engine.createStream({ name, shardCount: shards, retentionHours }));
  const server = await KinesisServer.start({ engine });

  const environment = { ...configuration.environment, AWS_ENDPOINT_URL_KINESIS: server.endpoint };
  const pools = new Map(
    configuration.functions.map((definition) => [definition.name, new FunctionPool(definition, environment, configuration.logFolder)]),
  );
  const mappings = configuration.mappings.map((mapping, index) => createMapping(configuration, engine, pools, mapping, index));
  const queues = new LocalAwsClient({ endpoint: configuration.queueEndpoint, service: 'sqs', targetPrefix: 'AmazonSQS', region: configuration.region });
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
    ready: { port: Number(new URL(server.endpoint).port) },
    requests: {
      statistics: async (): Promise<EngineStatistics> => ({
        ...statisticsOf(mappings, pools, engine),
        // A queue knows itself what is left: a message counts until it was deleted, whoever holds it.
        idle: mappings.every((mapping) => mapping instanceof QueueEventSource || mapping.drained) && (await queuedMessages()) === 0,
      }),
      updateEnvironment: ({ functionName, variables }: { functionName: string; variables: { [name: string]: string } }) => {
        pools.get(functionName)?.updateEnvironment(variables);
      },
    },
    stop: async () => {
      // Environments first: an invocation that hangs must not hold up its mapping.
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      await Promise.all(mappings.map((mapping) => mapping.stop()));
      queues.close();
      await server.stop();
    },
  };

  function createMapping(
    { queueEndpoint, queueUrls, seed, tablePort }: EngineHostConfiguration,
    streams: KinesisEngine,
    functions: ReadonlyMap<string, FunctionPool>,
    mapping: MappingPlan,
    index: number,
  ): Mapping {
    const invoker = functions.get(mapping.functionName)!;
    // Mappings get over the errors that they meet; the log tells of them.
    const onError = (error: Error): void => void process.stderr.write(`${mapping.id}: ${error.message}\n`);
    if (mapping.source === 'queue') {
      return new QueueEventSource({
        configuration: queueMappingConfiguration(mapping),
        endpoint: queueEndpoint,
        queueUrl: queueUrls[mapping.sourceArn],
        invoker,
        onError,
      });
    }
    const props = {
      configuration: streamMappingConfiguration(mapping),
      invoker,
      onError,
      random: seededRandom(seed + index),
      // The failure destination does not run here. What it would hold is missing at the end, and the verdict says so.
      onDiscard: async ({ reason, shardId }: { reason: string; shardId: string }) =>
        void process.stderr.write(`${mapping.id}: gave up records of ${shardId} (${reason})\n`),
    };
    return mapping.source === 'kinesis'
      ? new KinesisEventSource({ ...props, engine: streams, streamName: mapping.sourceArn.replace(/^.*:stream\//, '') })
      : new TableStreamEventSource({ ...props, endpoint: `http://127.0.0.1:${tablePort}`, streamArn: mapping.sourceArn });
  }
});

function statisticsOf(mappings: readonly Mapping[], pools: ReadonlyMap<string, FunctionPool>, engine: KinesisEngine): Omit<EngineStatistics, 'idle'> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  const streams = mappings.filter((mapping) => mapping instanceof StreamEventSource);
  const functions = [...pools.values()].map((pool) => pool.statistics());
  const tableStreams = streams.filter((mapping) => mapping instanceof TableStreamEventSource);
  return {
    redelivered: sum(mappings.map(({ counters }) => ('redeliveredRecords' in counters ? counters.redeliveredRecords : counters.redeliveredMessages))),
    throttledRecords: sum(engine.streamNames.flatMap((name) => engine.stream(name).statistics().map((shard) => shard.throttledRecords))),
    invocations: sum(functions.map(({ invocations }) => invocations)),
    handlerErrors: sum(functions.map(({ errors }) => errors)),
    discarded: sum(streams.map(({ counters }) => counters.discardedRecords)),
    balanceLagSeconds: Math.max(0, ...tableStreams.flatMap(({ status }) => status.shards.map((shard) => shard.oldestRecordAgeMilliseconds / 1000))),
  };
}
