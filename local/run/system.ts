import { Facts } from '../../lib/facts';
import type { TableFaults, TableHostStatistics } from '../engines/table';
import type { GatewayProgram } from '../engines/gateway';
import type { FaultTargets } from '../faults';
import { type MovementRoutes, movementRoutes } from '../load/client-movement';
import { localVariables } from '../plan/local-variables';
import { apiEnvironments, type RunPlan } from '../plan/run-plan';
import { tableHostConfiguration } from '../plan/table-hosting';
import type { CheckerConfiguration, CheckerRequests } from '../processes/checker';
import type { ChildProcess } from '../processes/child-process';
import type { EngineHostConfiguration, EngineHostReady } from '../processes/engine-host';
import type { LoadGeneratorConfiguration } from '../processes/load-generator';
import type { QueueHostConfiguration, QueueHostReady } from '../processes/queue-host';
import type { DatabaseCost } from './database-cost';
import { type EngineLiveState, type EngineStatistics, wholeStatistics } from './engine-statistics';
import { gatewaysOf } from './gateway-choice';
import type { RunOptions } from './options';
import { CachePart } from './parts/cache-part';
import { ChildStarter } from './parts/child-starter';
import { DatabasePart } from './parts/database-part';
import { GatewayPart } from './parts/gateway-part';
import { LogPart } from './parts/log-part';
import { TaskPart } from './parts/task-part';
import { seedProfiles } from './profile-seeding';
import { RunError } from './run-error';
import type { LocalIssuer } from './tokens';

/** Credentials that the engines accept; they verify none. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local' };

/** What SQS takes where a queue states none. */
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = Facts.DEFAULT.number('sqs/visibilityTimeout.defaultSec');

/** How often the checker reads the ledger: often where lines wait for each other. */
const POLL_MILLISECONDS = { load: 100, replay: 10 };

/** Connections of a process to a database that is told nothing of them. */
const DEFAULT_POOL = 8;

/** Schema of a ledger in PostgreSQL that is told no other. */
const DEFAULT_SCHEMA = 'ledger';

/** All processes of a run, started from a plan and stopped together. */
export class LocalSystem {
  /**
   * Starts everything, in the order in which the parts need each other.
   *
   * @param gateway stands before the pods that take requests; where it is undefined, clients call them themselves
   */
  static async start(
    plan: RunPlan, options: RunOptions, issuer: LocalIssuer | undefined, folder: string, gateway: GatewayProgram | undefined,
  ): Promise<LocalSystem> {
    const system = new LocalSystem(plan, options, folder, gateway);
    try {
      // A part that has ended is told of at once, not by another one that waits for it.
      await Promise.race([system.startAll(issuer), system.failed]);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  private readonly starter: ChildStarter;
  private tableHost!: ChildProcess<{ port: number; engine: string }>;
  private engineHost!: ChildProcess<EngineHostReady>;
  private checkerProcess!: ChildProcess<{ outcomePort: number }>;
  private generatorProcess!: ChildProcess<object>;
  private caches!: CachePart;
  private databases!: DatabasePart;
  private log!: LogPart;
  private tasks?: TaskPart;
  /** Before the pods; undefined where clients call them themselves. */
  gateway?: GatewayPart;
  private clientEnvironment: { readonly [name: string]: string } = {};
  private failure?: Error;
  private onFailure: (error: Error) => void = () => undefined;
  /** Name and version of what runs behind each part. */
  readonly engines: { [part: string]: string } = {};

  private constructor(
    private readonly plan: RunPlan,
    private readonly options: RunOptions,
    private readonly folder: string,
    private readonly gatewayProgram: GatewayProgram | undefined,
  ) {
    this.starter = new ChildStarter(folder, (error) => this.fail(error));
  }

  /** Where the API listens, one address a cell. */
  get apiTargets(): { host: string; port: number }[] {
    return [...(this.tasks?.entries ?? [])].map(([name, [port]]) => ({ host: '127.0.0.1', port: this.gateway?.portTo(name) ?? port }));
  }

  /** Buckets of the template, by physical name. */
  private get buckets(): readonly string[] {
    return this.plan.buckets.map(({ name }) => name);
  }

  /** Variables of the first that takes requests, as in the template. */
  private get apiEnvironment(): { readonly [name: string]: string } {
    return apiEnvironments(this.plan)[0];
  }

  /** Schema of the ledger in PostgreSQL. */
  private get schema(): string {
    return this.apiEnvironment.DATABASE_SCHEMA ?? DEFAULT_SCHEMA;
  }

  /** Variables with which clients, operator commands among them, reach this system. */
  get operatorEnvironment(): { readonly [name: string]: string } {
    const handlers = [
      ...[...this.plan.functions, ...this.plan.services].map(({ environment }) => this.localize(environment)),
      ...this.plan.pods.map(({ clusterArn, environment }) => this.localize(environment, clusterArn)),
    ];
    return Object.assign({}, ...handlers, this.clientEnvironment);
  }

  /** Rejects as soon as a process ends that should not. */
  get failed(): Promise<never> {
    return new Promise((_, reject) => {
      this.onFailure = reject;
      if (this.failure) {
        reject(this.failure);
      }
    });
  }

  checker<Name extends keyof CheckerRequests>(name: Name): Promise<CheckerRequests[Name]> {
    return this.checkerProcess.request(name);
  }

  checkerCommand(name: 'lookForParked' | 'lookForRejectedPayouts' | 'resetLatencies'): Promise<void> {
    return this.checkerProcess.request(name);
  }

  generator<Result>(name: string, input?: object): Promise<Result> {
    return this.generatorProcess.request(name, input);
  }

  async engineStatistics(): Promise<EngineStatistics> {
    const [engine, log, refusedKeys] = await Promise.all([
      this.engineHost.request<EngineStatistics>('statistics'), this.log.statistics(), this.databases.refusedKeys(),
    ]);
    return wholeStatistics(engine, log, refusedKeys);
  }

  async engineLiveState(): Promise<EngineLiveState> {
    const [engine, topics] = await Promise.all([this.engineHost.request<EngineLiveState>('liveState'), this.log.liveState()]);
    return { ...engine, streams: [...topics, ...engine.streams] };
  }

  tableStatistics(): Promise<TableHostStatistics> {
    return this.tableHost.request('statistics');
  }

  /** What PostgreSQL takes for a payment is counted from now on. */
  beginDatabaseCost(): Promise<void> {
    return this.databases.beginCost(this.schema);
  }

  /** What PostgreSQL took for a payment; undefined where there is none, or nobody can tell. To be called once nothing else is done. */
  databaseCost(): Promise<DatabaseCost | undefined> {
    return this.databases.cost(this.schema);
  }

  /** For how long a queue hides a message that somebody has received and not deleted, in seconds; the longest of all queues. */
  get longestVisibilityTimeoutSeconds(): number {
    return Math.max(0, ...this.plan.queues.map(({ attributes }) => Number(attributes.VisibilityTimeout ?? DEFAULT_VISIBILITY_TIMEOUT_SECONDS)));
  }

  /** Names of the streams that the API puts payments on. */
  private get paymentStreams(): string[] {
    const names = apiEnvironments(this.plan).flatMap((environment) => environment.STREAM_NAME ?? []);
    return this.plan.streams.map(({ name }) => name).filter((name) => names.includes(name));
  }

  /** Names of the tables that make up the ledger; none where it is in PostgreSQL. */
  get ledgerTables(): readonly string[] {
    return this.apiEnvironment.LEDGER_TABLES?.split(',') ?? [];
  }

  /** What the API takes beside payments. */
  get routes(): MovementRoutes {
    return movementRoutes(this.apiEnvironment);
  }

  /** How faults reach the parts. */
  get faultTargets(): FaultTargets {
    const { log } = this;
    const topic = this.plan.topics.length === 0 ? undefined : this.apiEnvironment.KAFKA_TOPIC;
    return {
      tables: (faults) => this.setTableFaults(faults),
      rollTableShards: () => this.tableHost.request('rollStreamShards'),
      engine: async (faults) => {
        await Promise.all([this.engineHost.request('setFaults', faults), log.setFaults(faults)]);
      },
      reshard: () => this.engineHost.request('reshard'),
      armWorkerKill: (moment) => (topic === undefined ? this.engineHost.request('armWorkerKill', { moment }) : log.armKill('consume', moment)),
      armApiKill: (moment) => (
        topic === undefined ? this.engineHost.request('armApiKill', { moment, streams: this.paymentStreams }) : log.armKill('produce', moment)
      ),
      disarmKills: async () => {
        await Promise.all([this.engineHost.request('disarmKills'), log.disarmKills()]);
      },
      killCaches: (seconds) => this.caches.kill(seconds),
      restartDatabases: (seconds) => this.databases.restart(seconds),
      putUnreadable: (count) => (
        topic === undefined ? this.engineHost.request('putUnreadable', { count, streams: this.paymentStreams }) : log.putUnreadable(topic, count)
      ),
      load: (faults) => this.generatorProcess.request('setFaults', faults),
    };
  }

  /** Changes a variable of every function that has it, as a change of the function's configuration would. */
  async updateVariable(name: string, value: string): Promise<void> {
    for (const definition of this.plan.functions.filter(({ environment }) => name in environment)) {
      await this.engineHost.request('updateEnvironment', { functionName: definition.name, variables: { [name]: value } });
    }
  }

  /** Resolves when everything that was killed has been started again. */
  async untilServicesListen(): Promise<void> {
    await this.databases.untilThere();
    await this.tasks?.untilListening();
    await this.gateway?.untilReady();
  }

  /** Stops the parts in the order in which they depend on each other: nobody loses an answer that was on its way. */
  async stop(): Promise<void> {
    await this.generatorProcess?.stop();
    await this.gateway?.stop();
    await this.tasks?.stop();
    await this.starter.stop();
  }

  private async startAll(issuer: LocalIssuer | undefined): Promise<void> {
    const { plan, starter } = this;
    const [queues] = await Promise.all([
      this.startQueueHost(),
      this.startTableHost(),
      CachePart.start(plan.caches, starter).then((part) => { this.caches = part; }),
      DatabasePart.start(plan.databases, this.workerConnections, starter).then((part) => { this.databases = part; }),
      LogPart.start(plan.topics, this.options.seed, starter, (pod) => this.killPod(pod)).then((part) => { this.log = part; }),
    ]);
    this.queueUrls = new Map(plan.queues.map((queue) => [queue.url, queues.urls[queue.name]]));
    const endpoints = {
      ...CREDENTIALS,
      AWS_REGION: plan.region,
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${this.tableHost.ready.port}`,
      AWS_ENDPOINT_URL_S3: queues.endpoint,
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
    };
    await this.seedProfiles(endpoints.AWS_ENDPOINT_URL_DYNAMODB);
    await this.startEngineHost(queues, endpoints);
    this.nameEngines(queues);
    this.clientEnvironment = {
      ...endpoints, AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${this.engineHost.ready.port}`, ...this.engineHost.ready.environment,
    };
    this.tasks = await TaskPart.start({
      plan,
      localize: (environment, clusterArn) => this.localize(environment, clusterArn),
      environment: this.clientEnvironment,
      serviceEnvironment: {
        ...(issuer ? { JWT_ISSUER: issuer.issuer, JWT_KEY_SET: issuer.keySet } : { AUTHENTICATION: 'none' }),
        // Each lets through its part of what a client may send: so many there are here.
        API_TASKS: String(plan.services.length + plan.pods.reduce((sum, { replicas, role }) => sum + (role === 'service' ? replicas : 0), 0)),
      },
      port: this.gatewayProgram === undefined ? this.options.port : undefined,
    }, starter);
    await this.startGateway();
    await this.startCheckerAndGenerator(issuer);
  }

  private async startGateway(): Promise<void> {
    const { gatewayProgram: program, folder, options: { port }, tasks } = this;
    if (program !== undefined) {
      const portsOf = (deployment: string) => tasks?.entries.get(deployment) ?? [];
      this.gateway = await GatewayPart.start({ program, plans: gatewaysOf(this.plan), portsOf, folder, port }, this.starter);
      this.engines.gateway = program.title;
    }
  }

  /** Connections that the worker pods may have to one database. */
  private get workerConnections(): number {
    const pools = this.plan.pods.filter(({ role }) => role === 'worker')
      .map(({ environment, replicas }) => replicas * Number(environment.DATABASE_POOL ?? DEFAULT_POOL));
    return Math.max(1, pools.reduce((sum, pool) => sum + pool, 0));
  }

  /** By the URLs of the template. */
  private queueUrls: ReadonlyMap<string, string> = new Map();

  private localize(environment: { readonly [name: string]: string }, clusterArn?: string): { readonly [name: string]: string } {
    return localVariables(environment, {
      queueUrls: this.queueUrls, caches: this.caches.endpoints, brokers: this.log.brokers, databases: this.databases.local,
    }, clusterArn);
  }

  private nameEngines(queues: QueueHostReady): void {
    const { plan } = this;
    const named: { readonly [part: string]: string | undefined } = {
      'queues and objects': queues.engine,
      'table': this.tableHost.ready.engine,
      'cache': this.caches.engine,
      'database': this.databases.engine,
      'topics': this.log.engine,
      'stream': plan.streams.length === 0 ? undefined : 'in-memory Kinesis of this kit',
      'mappings': 'event source mappings of this kit',
      'state machines': plan.stateMachines.length === 0 ? undefined : 'Express workflows of this kit',
    };
    Object.entries(named).forEach(([part, name]) => name !== undefined && (this.engines[part] = name));
  }

  private async startQueueHost(): Promise<QueueHostReady> {
    const host = await this.starter.start<QueueHostReady>('queue-host', {
      region: this.plan.region,
      account: this.plan.account,
      queues: this.plan.queues.map(({ name, attributes }) => ({ name, attributes })),
      buckets: this.buckets,
    } satisfies QueueHostConfiguration);
    return host.ready;
  }

  private async startTableHost(): Promise<void> {
    this.tableHost = await this.starter.start<{ port: number; engine: string }>('table-host', {
      ...tableHostConfiguration(this.plan.tables),
      engine: this.options.table,
      seed: this.options.seed,
      spillFolder: this.folder,
    });
  }

  private async startEngineHost(queues: QueueHostReady, environment: { readonly [name: string]: string }): Promise<void> {
    const { plan } = this;
    this.engineHost = await this.starter.start<EngineHostReady>('engine-host', {
      region: plan.region,
      account: plan.account,
      streams: plan.streams,
      mappings: plan.mappings,
      stateMachines: plan.stateMachines,
      events: plan.events,
      functions: plan.functions.map((definition) => ({ ...definition, environment: this.localize(definition.environment) })),
      environment,
      tablePort: this.tableHost.ready.port,
      queueEndpoint: queues.endpoint,
      objectEndpoint: queues.endpoint,
      buckets: this.buckets,
      queueUrls: Object.fromEntries(plan.queues.map((queue) => [queue.arn, queues.urls[queue.name]])),
      logFolder: this.starter.logFolder,
      seed: this.options.seed,
    } satisfies EngineHostConfiguration, (event, payload) => event === 'apiKill' && this.killServiceOf(String(payload)));
  }

  /** The call that is held came from a task of the cell that this stream belongs to. */
  private killServiceOf(streamName: string): void {
    const index = apiEnvironments(this.plan).findIndex(({ STREAM_NAME }) => STREAM_NAME === streamName);
    // Before the first load nothing is armed, and by then every task is there: without one the kill would be counted and nobody killed.
    const killed = this.tasks?.killService(index) ?? Promise.reject(new Error(`No API task writes to ${streamName}, so that none can be killed.`));
    killed.catch((error: Error) => this.fail(error));
  }

  /** A pod that a cluster of Kafka holds a call of. */
  private killPod(name: string): void {
    this.tasks?.killPod(name).catch((error: Error) => this.fail(error));
  }

  /** What cannot be stored is refused by whatever the ledger is kept in. */
  private async setTableFaults(faults: TableFaults): Promise<void> {
    await this.tableHost.request('setFaults', faults);
    if (faults.unstorable !== undefined) {
      await this.databases.refuseKeys(this.schema, faults.unstorable.keyPrefix);
    }
  }

  /** The merchants of a made-up load have profiles. What an input tells of is not known beforehand. */
  private async seedProfiles(endpoint: string): Promise<void> {
    const table = apiEnvironments(this.plan).map(({ PROFILE_TABLE }) => PROFILE_TABLE).find((name) => name !== undefined);
    if (table !== undefined && this.options.input === undefined) {
      await seedProfiles(endpoint, this.plan.region, table, this.options.seed);
    }
  }

  private async startCheckerAndGenerator(issuer: LocalIssuer | undefined): Promise<void> {
    const { apiEnvironment: environment, databases, ledgerTables: ledger, options } = this;
    this.checkerProcess = await this.starter.start<{ outcomePort: number }>('checker', {
      tables: {
        parking: environment.PARKING_TABLE,
        payouts: this.operatorEnvironment.PAYOUT_TABLE,
        ...(ledger.length > 0 && { ledger, balances: environment.BALANCE_TABLE }),
      },
      ...(ledger.length > 0
        ? { ledgerStreams: ledger.map((name) => this.streamOf(name)) }
        : { postgresql: { servers: databases.servers.map((server) => ({ ...server, schema: this.schema })) } }),
      tablePort: this.tableHost.ready.port,
      targets: this.apiTargets,
      token: issuer?.token,
      pollMilliseconds: options.input === undefined ? POLL_MILLISECONDS.load : POLL_MILLISECONDS.replay,
      // Where handlers are told that the bank is; an address of the template would be a real one.
      bankUrl: this.clientEnvironment.TRANSFER_ENDPOINT,
    } satisfies CheckerConfiguration);
    this.generatorProcess = await this.starter.start('load-generator', {
      targets: this.apiTargets,
      tokens: issuer?.loadTokens,
      seed: options.seed,
      outcomePort: this.checkerProcess.ready.outcomePort,
      routes: this.routes,
      paymentsPerRequest: options.paymentsPerRequest,
    } satisfies LoadGeneratorConfiguration);
  }

  private streamOf(tableName: string): string {
    const streamArn = this.plan.tables.find(({ name }) => name === tableName)?.streamArn;
    if (streamArn === undefined) {
      throw new RunError(`The ledger table ${tableName} has no stream in this assembly: the run could not follow it.`);
    }
    return streamArn;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.onFailure(error);
  }
}
