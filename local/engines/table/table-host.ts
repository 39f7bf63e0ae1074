import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SeededRandom } from '../../random/seeded-random';
import { CallGate } from './call-gate';
import { type Clock, wallClock } from './clock';
import { DEFAULT_CALLS_IN_FLIGHT, type KeyAttribute, type TableConfiguration, type TableHostConfiguration, validateConfiguration } from './configuration';
import { DynoxideEngine } from './dynoxide-engine';
import { DroppedAnswerError, type TableFaults } from './faults';
import type { Answer } from './front/answer';
import type { FrontPorts } from './front/front-ports';
import { ServiceError } from './front/service-error';
import { type FrontStatistics, TableFront } from './front/table-front';
import { MemoryTableEngine } from './memory';
import { type RandomSource, unseededRandom } from './random-source';
import { RecordSpill } from './stream/record-spill';
import type { TableEngine } from './table-engine';

/** The largest request of the service is a batch write of 16 MB; JSON around it needs some more. */
const MAXIMUM_BODY_BYTES = 20 * 1024 * 1024;

/** Where the host tells its counters. */
export const STATISTICS_PATH = '/control/statistics';

/** Ports of a host that tests replace. */
export interface TableHostOptions {
  /** @default - that of the configuration */
  readonly engine?: TableEngine;
  /** @default - the machine's clock */
  readonly clock?: Clock;
  /** @default - follows from the seed of the configuration */
  readonly random?: RandomSource;
  /**
   * The engine is gone without being asked to; nothing works any more.
   *
   * @param reason in one sentence.
   */
  readonly onFailure?: (reason: string) => void;
}

/** Counters of a host. */
export interface TableHostStatistics extends FrontStatistics {
  readonly engine: {
    /** Calls to the engine so far. */
    readonly calls: number;
    readonly inFlight: number;
    /** Calls that wait for a place. */
    readonly waiting: number;
  };
}

/**
 * Serves tables and their streams on a loopback port, in the DynamoDB JSON protocol.
 *
 * `GET /control/statistics` answers the counters.
 */
export class TableHost {
  /**
   * Starts the engine, creates the tables and listens.
   *
   * @throws MissingEngineError when the engine is not installed; Error when the configuration is wrong or a table cannot be created.
   */
  public static async start(configuration: TableHostConfiguration, options: TableHostOptions = {}): Promise<TableHost> {
    validateConfiguration(configuration);
    const engine = options.engine ?? await startEngine(configuration, options);
    const gate = new CallGate(engine, configuration.callsInFlight ?? DEFAULT_CALLS_IN_FLIGHT);
    const spill = spillOf(configuration);
    try {
      for (const table of configuration.tables) {
        await createTable(gate, table);
      }
      const random = options.random ?? (configuration.seed === undefined ? unseededRandom : new SeededRandom(configuration.seed));
      const ports: FrontPorts = { clock: options.clock ?? wallClock, random, spill };
      const host = new TableHost(new TableFront(configuration, gate, ports), gate, spill);
      await host.listen();
      return host;
    } catch (error) {
      spill?.close();
      await engine.close();
      throw error;
    }
  }

  private readonly server = http.createServer((request, response) => void this.serve(request, response));

  private constructor(private readonly front: TableFront, private readonly gate: CallGate, private readonly spill: RecordSpill | undefined) {
    // A client that finds its kept-alive connection closed cannot know whether its write happened, so this side never closes one.
    this.server.keepAliveTimeout = 0;
    this.server.requestTimeout = 0;
  }

  /** The port on 127.0.0.1. */
  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What clients take as their endpoint. */
  public get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Name and version of the engine behind the front. */
  public get engine(): string {
    return this.gate.title;
  }

  /** The counters as they are now. */
  public statistics(): TableHostStatistics {
    const { calls, inFlight, waiting } = this.gate;
    return { ...this.front.statistics(), engine: { calls, inFlight, waiting } };
  }

  /**
   * Replaces all faults; what is absent is switched off.
   *
   * @throws Error naming a value that is out of range.
   */
  public setFaults(faults: TableFaults): void {
    this.front.setFaults(faults);
  }

  /** Closes one shard of every table stream and opens a child in its place. @returns the number of shards that were closed */
  public rollStreamShards(): number {
    return this.front.rollStreamShards();
  }

  /** Stops serving and ends the engine. */
  public async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    await this.gate.close();
    this.spill?.close();
  }

  private listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      if (request.method === 'GET' && request.url === STATISTICS_PATH) {
        send(response, { status: 200, body: JSON.stringify(this.statistics()) });
        return;
      }
      const body = await readBody(request);
      send(response, body === undefined
        ? ServiceError.validation(`A request must not be larger than ${MAXIMUM_BODY_BYTES} bytes`).toAnswer()
        : await this.front.handle(String(request.headers['x-amz-target']), body));
    } catch (error) {
      if (error instanceof DroppedAnswerError) {
        request.socket.destroy();
        return;
      }
      if (!request.destroyed) {
        process.stderr.write(`The table host failed to answer a call: ${error instanceof Error ? error.stack : String(error)}\n`);
      }
      send(response, ServiceError.internal().toAnswer());
    }
  }
}

async function startEngine({ engine, folder }: TableHostConfiguration, { clock, onFailure }: TableHostOptions): Promise<TableEngine> {
  return engine === 'memory'
    ? new MemoryTableEngine({ clock })
    : DynoxideEngine.start({ folder, onExit: (reason) => onFailure?.(`The table engine dynoxide has ended${reason ? `: ${reason}` : ''}`) });
}

/** Where older stream records go, when there is a folder. */
function spillOf({ folder, spillFolder = folder }: TableHostConfiguration): RecordSpill | undefined {
  return spillFolder === undefined ? undefined : new RecordSpill({
    folder: spillFolder,
    onFailure: ({ message }) => process.stderr.write(`The table host keeps stream records in memory from now on, a file cannot be written: ${message}\n`),
  });
}

/** The whole body; nothing when it is too large. */
function readBody(request: http.IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= MAXIMUM_BODY_BYTES) {
        parts.push(part);
      } else {
        parts.length = 0;
      }
    });
    request.on('end', () => resolve(bytes > MAXIMUM_BODY_BYTES ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function send(response: http.ServerResponse, answer: Answer): void {
  const body = typeof answer.body === 'string' ? answer.body : Buffer.concat(answer.body);
  response.writeHead(answer.status, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function createTable(engine: TableEngine, table: TableConfiguration): Promise<void> {
  const keys: KeyAttribute[] = table.sortKey ? [table.partitionKey, table.sortKey] : [table.partitionKey];
  const answer = await engine.call('CreateTable', JSON.stringify({
    TableName: table.name,
    AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keys.map(({ name }, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    BillingMode: 'PAY_PER_REQUEST',
  }));
  if (answer.status !== 200) {
    throw new Error(`Table ${table.name} cannot be created, which needs an engine without tables: ${answer.body}`);
  }
}
