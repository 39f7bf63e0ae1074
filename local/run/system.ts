import * as fs from 'node:fs';
import * as path from 'node:path';
import { Facts } from '../../lib/facts';
import type { TableHostStatistics } from '../engines/table';
import type { FaultTargets } from '../faults';
import { localCacheVariables } from '../plan/cache-plan';
import type { RunPlan } from '../plan/run-plan';
import { type MovementRoutes, movementRoutes } from '../load/client-movement';
import { tableHostConfiguration } from '../plan/table-hosting';
import type { CacheHostReady } from '../processes/cache-host';
import { ChildProcess } from '../processes/child-process';
import type { CheckerConfiguration, CheckerRequests } from '../processes/checker';
import type { EngineHostConfiguration, EngineHostReady } from '../processes/engine-host';
import type { LoadGeneratorConfiguration } from '../processes/load-generator';
import type { QueueHostConfiguration, QueueHostReady } from '../processes/queue-host';
import { ServiceTask } from '../services/service-task';
import type { EngineLiveState, EngineStatistics } from './engine-statistics';
import type { RunOptions } from './options';
import { seedProfiles } from './profile-seeding';
import { RunError } from './run-error';
import type { LocalIssuer } from './tokens';

/** Credentials that the engines accept; they verify none. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local' };

/** What SQS takes where a queue states none. */
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = Facts.DEFAULT.number('sqs/visibilityTimeout.defaultSec');

/** How often the checker reads the ledger's streams: often where lines wait for each other. */
const POLL_MILLISECONDS = { load: 100, replay: 10 };

/** All processes of a run, started from a plan and stopped together. */
export class LocalSystem {
  /** Starts everything, in the order in which the parts need each other. */
  static async start(plan: RunPlan, options: RunOptions, issuer: LocalIssuer | undefined, folder: string): Promise<LocalSystem> {
    const system = new LocalSystem(plan, options, folder);
    try {
      await system.startAll(issuer);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  private readonly children: ChildProcess<unknown>[] = [];
  private readonly services: ServiceTask[] = [];
  /** By the names of the caches in the template. */
  private readonly cacheHosts = new Map<string, ChildProcess<CacheHostReady>>();
  private tableHost!: ChildProcess<{ port: number; engine: string }>;
  private engineHost!: ChildProcess<EngineHostReady>;
  private checkerProcess!: ChildProcess<{ outcomePort: number }>;
  private generatorProcess!: ChildProcess<object>;
  private clientEnvironment: { readonly [name: string]: string } = {};
  private failure?: Error;
  private onFailure: (error: Error) => void = () => undefined;
  /** Name and version of what runs behind each part. */
  readonly engines: { [part: string]: string } = {};

  private constructor(
    private readonly plan: RunPlan,
    private readonly options: RunOptions,
    private readonly folder: string,
  ) {}

  /** Where the API listens, one address a cell. */
  get apiTargets(): { host: string; port: number }[] {
    return this.services.map((task) => ({ host: '127.0.0.1', port: task.port }));
  }

  /** Buckets of the template, by physical name. */
  private get buckets(): readonly string[] {
    return this.plan.buckets.map(({ name }) => name);
  }

  /** Variables with which clients, operator commands among them, reach this system. */
  get operatorEnvironment(): { readonly [name: string]: string } {
    const handlers = [...this.plan.functions, ...this.plan.services].flatMap(({ environment }) => Object.entries(environment));
    return { ...Object.fromEntries(handlers), ...this.clientEnvironment };
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

  engineStatistics(): Promise<EngineStatistics> {
    return this.engineHost.request('statistics');
  }

  engineLiveState(): Promise<EngineLiveState> {
    return this.engineHost.request('liveState');
  }

  tableStatistics(): Promise<TableHostStatistics> {
    return this.tableHost.request('statistics');
  }

  /** For how long a queue hides a message that somebody has received and not deleted, in seconds; the longest of all queues. */
  get longestVisibilityTimeoutSeconds(): number {
    return Math.max(0, ...this.plan.queues.map(({ attributes }) => Number(attributes.VisibilityTimeout ?? DEFAULT_VISIBILITY_TIMEOUT_SECONDS)));
  }

  /** Names of the streams that the API puts payments on. */
  private get paymentStreams(): string[] {
    const names = this.plan.services.flatMap(({ environment }) => environment.STREAM_NAME ?? []);
    return this.plan.streams.map(({ name }) => name).filter((name) => names.includes(name));
  }

  /** Names of the tables that make up the ledger. */
  get ledgerTables(): readonly string[] {
    return this.plan.services[0].environment.LEDGER_TABLES.split(',');
  }

  /** What the API takes beside payments. */
  get routes(): MovementRoutes {
    return movementRoutes(this.plan.services[0].environment);
  }

  /** How faults reach the parts. */
  get faultTargets(): FaultTargets {
    return {
      tables: (faults) => this.tableHost.request('setFaults', faults),
      rollTableShards: () => this.tableHost.request('rollStreamShards'),
      engine: (faults) => this.engineHost.request('setFaults', faults),
      reshard: () => this.engineHost.request('reshard'),
      armWorkerKill: (moment) => this.engineHost.request('armWorkerKill', { moment }),
      armApiKill: (moment) => this.engineHost.request('armApiKill', { moment, streams: this.paymentStreams }),
      disarmKills: () => this.engineHost.request('disarmKills'),
      killCaches: async (seconds) => {
        const kills = await Promise.all([...this.cacheHosts.values()].map((host) => host.request<number>('kill', { seconds })));
        return kills.reduce((sum, kill) => sum + kill, 0);
      },
      putUnreadable: (count) => this.engineHost.request('putUnreadable', { count, streams: this.paymentStreams }),
      load: (faults) => this.generatorProcess.request('setFaults', faults),
    };
  }

  /** Changes a variable of every function that has it, as a change of the function's configuration would. */
  async updateVariable(name: string, value: string): Promise<void> {
    for (const definition of this.plan.functions.filter(({ environment }) => name in environment)) {
      await this.engineHost.request('updateEnvironment', { functionName: definition.name, variables: { [name]: value } });
    }
  }

  /** Resolves when every API task listens: one that was killed has been started again. */
  async untilServicesListen(): Promise<void> {
    await Promise.all(this.services.map((task) => task.replaced));
  }

  /** Stops the parts in the order in which they depend on each other: nobody loses an answer that was on its way. */
  async stop(): Promise<void> {
    await this.generatorProcess?.stop();
    await Promise.all(this.services.map((task) => task.stop()));
    for (const child of [...this.children].reverse()) {
      await child.stop();
    }
  }

  private async startAll(issuer: LocalIssuer | undefined): Promise<void> {
    const [queues] = await Promise.all([this.startQueueHost(), this.startTableHost(), this.startCacheHosts()]);
    const endpoints = {
      ...CREDENTIALS,
      AWS_REGION: this.plan.region,
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${this.tableHost.ready.port}`,
      AWS_ENDPOINT_URL_S3: queues.endpoint,
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
    };
    const localUrls = new Map(this.plan.queues.map((queue) => [queue.url, queues.urls[queue.name]]));
    const caches = new Map([...this.cacheHosts].map(([name, { ready }]) => [name, ready.endpoint]));
    const localize = (environment: { readonly [name: string]: string }) => ({
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, localUrls.get(value) ?? value])),
      ...localCacheVariables(environment, caches),
    });
    await this.seedProfiles(endpoints.AWS_ENDPOINT_URL_DYNAMODB);

    this.engineHost = await this.startChild<EngineHostReady>('engine-host', {
      region: this.plan.region,
      account: this.plan.account,
      streams: this.plan.streams,
      mappings: this.plan.mappings,
      stateMachines: this.plan.stateMachines,
      events: this.plan.events,
      functions: this.plan.functions.map((definition) => ({ ...definition, environment: localize(definition.environment) })),
      environment: endpoints,
      tablePort: this.tableHost.ready.port,
      queueEndpoint: queues.endpoint,
      objectEndpoint: queues.endpoint,
      buckets: this.buckets,
      queueUrls: Object.fromEntries(this.plan.queues.map((queue) => [queue.arn, queues.urls[queue.name]])),
      logFolder: this.logFolder(),
      seed: this.options.seed,
    } satisfies EngineHostConfiguration);
    this.engines.stream = 'in-memory Kinesis of this kit';
    this.engines.mappings = 'event source mappings of this kit';

    if (this.plan.stateMachines.length > 0) {
      this.engines['state machines'] = 'Express workflows of this kit';
    }
    const api = { ...endpoints, AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${this.engineHost.ready.port}`, ...this.engineHost.ready.environment };
    this.clientEnvironment = api;
    for (const [index, service] of this.plan.services.entries()) {
      const task = await ServiceTask.start({ ...service, environment: localize(service.environment) }, {
        ...api,
        ...(issuer ? { JWT_ISSUER: issuer.issuer, JWT_KEY_SET: issuer.keySet } : { AUTHENTICATION: 'none' }),
        PORT: String(index === 0 ? (this.options.port ?? 0) : 0),
      }, this.logFolder());
      task.onUnexpectedExit = (error) => this.fail(error);
      this.services.push(task);
    }
    await this.startCheckerAndGenerator(issuer);
  }

  private async startQueueHost(): Promise<QueueHostReady> {
    const host = await this.startChild<QueueHostReady>('queue-host', {
      region: this.plan.region,
      account: this.plan.account,
      queues: this.plan.queues.map(({ name, attributes }) => ({ name, attributes })),
      buckets: this.buckets,
    } satisfies QueueHostConfiguration);
    this.engines['queues and objects'] = host.ready.engine;
    return host.ready;
  }

  private async startTableHost(): Promise<void> {
    this.tableHost = await this.startChild<{ port: number; engine: string }>('table-host', {
      ...tableHostConfiguration(this.plan.tables),
      engine: this.options.table,
      seed: this.options.seed,
      spillFolder: this.folder,
    });
    this.engines.table = this.tableHost.ready.engine;
  }

  private async startCacheHosts(): Promise<void> {
    await Promise.all(this.plan.caches.map(async ({ name }) => {
      const host = await this.startChild<CacheHostReady>('cache-host', {});
      this.cacheHosts.set(name, host);
      this.engines.cache = host.ready.engine;
    }));
  }

  /** The merchants of a made-up load have profiles. What an input tells of is not known beforehand. */
  private async seedProfiles(endpoint: string): Promise<void> {
    const table = this.plan.services.map(({ environment }) => environment.PROFILE_TABLE).find((name) => name !== undefined);
    if (table !== undefined && this.options.input === undefined) {
      await seedProfiles(endpoint, this.plan.region, table, this.options.seed);
    }
  }

  private async startCheckerAndGenerator(issuer: LocalIssuer | undefined): Promise<void> {
    const environment = this.plan.services[0].environment;
    const ledger = environment.LEDGER_TABLES.split(',');
    this.checkerProcess = await this.startChild<{ outcomePort: number }>('checker', {
      tables: { ledger, balances: environment.BALANCE_TABLE, parking: environment.PARKING_TABLE, payouts: this.operatorEnvironment.PAYOUT_TABLE },
      ledgerStreams: ledger.map((name) => this.streamOf(name)),
      tablePort: this.tableHost.ready.port,
      targets: this.apiTargets,
      token: issuer?.token,
      pollMilliseconds: this.options.input === undefined ? POLL_MILLISECONDS.load : POLL_MILLISECONDS.replay,
      // Where handlers are told that the bank is; an address of the template would be a real one.
      bankUrl: this.clientEnvironment.TRANSFER_ENDPOINT,
    } satisfies CheckerConfiguration);
    this.generatorProcess = await this.startChild('load-generator', {
      targets: this.apiTargets,
      tokens: issuer?.loadTokens,
      seed: this.options.seed,
      outcomePort: this.checkerProcess.ready.outcomePort,
      routes: this.routes,
    } satisfies LoadGeneratorConfiguration);
  }

  private streamOf(tableName: string): string {
    const streamArn = this.plan.tables.find(({ name }) => name === tableName)?.streamArn;
    if (streamArn === undefined) {
      throw new RunError(`The ledger table ${tableName} has no stream in this assembly: the run could not follow it.`);
    }
    return streamArn;
  }

  private async startChild<Ready>(entry: string, configuration: object): Promise<ChildProcess<Ready>> {
    const child = await ChildProcess.start<Ready>({
      name: entry.replace('-', ' '),
      entry,
      configuration,
      logFile: path.join(this.logFolder(), `${entry}.log`),
      onEvent: (name, payload) => this.heard(entry.replace('-', ' '), name, payload),
      onUnexpectedExit: (error) => this.fail(error),
    });
    this.children.push(child);
    return child;
  }

  private heard(part: string, event: string, payload: unknown): void {
    if (event === 'apiKill') {
      // The call that is held came from a task of the cell that this stream belongs to.
      const index = this.plan.services.findIndex(({ environment }) => environment.STREAM_NAME === payload);
      // Before the first load nothing is armed, and by then every task is there: without one the kill would be counted and nobody killed.
      const killed = this.services[index]?.kill() ?? Promise.reject(new Error(`No API task writes to ${String(payload)}, so that none can be killed.`));
      killed.catch((error: Error) => this.fail(error));
    } else if (event === 'failed') {
      this.fail(new Error(`The ${part} reports: ${String(payload)}`));
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.onFailure(error);
  }

  private logFolder(): string {
    const folder = path.join(this.folder, 'logs');
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }
}
