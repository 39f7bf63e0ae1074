import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { familyTimes } from '../binary/process-times';
import { BARE_LEDGER_USER, BareLedger, type DatabaseAddress } from './bare-ledger';
import { FloorSlices } from './floor-slices';
import { PostgresqlEngine } from './postgresql-engine';
import { ServerTime } from './server-time';

/** The floor is measured over so many rows, again and again where the ledger has fewer: CPU time may be counted in hundredths of a second. */
const FLOOR_ROWS = 10_000;
const MOST_FLOOR_ROUNDS = 20;
/** How often processes are looked at, for the time of those that end in between. */
const LOOK_MILLISECONDS = 500;
/** Name of what refuses keys, in the ledger's schema. */
const REFUSAL = 'refused_by_fault';

/** What the ledger costs this server, and what the least costs it that could be in its place. */
export interface LedgerCost {
  /** Rows that came since the beginning. */
  readonly rows: number;
  /** CPU time of the server for them, in microseconds, everything that it did for the system beside them included. */
  readonly microseconds: number;
  /** Rows of the floor, and its CPU time. What the server did in the background is of both, by their rows. */
  readonly floorRows: number;
  readonly floorMicroseconds: number;
}

/** What a server has done by a moment: CPU time in microseconds, of the ledger and its floor, in the background, and of the floor's connections. */
interface Reading {
  readonly rows: number;
  readonly microseconds: number;
  readonly background: number;
  readonly floor: number;
}

/** What the server counted of faults. */
export interface DatabaseFaultCounts {
  /** Times that it was killed. */
  readonly restarts: number;
  /** Writes that were refused for their key. */
  readonly refusedKeys: number;
}

/** One PostgreSQL that can be killed and comes back with what it had promised. */
export class DatabaseHost {
  /**
   * Starts a server with an empty database.
   *
   * @param connections that insert rows of the floor at once
   * @param onFailure called when a server that was killed does not come back
   * @throws MissingEngineError where there is none for this platform; Error when it does not start
   */
  public static async start(connections: number, onFailure: (error: Error) => void = () => undefined): Promise<DatabaseHost> {
    const host = new DatabaseHost(await PostgresqlEngine.start(), connections, onFailure);
    await host.look();
    host.timer = setInterval(() => void host.look(), LOOK_MILLISECONDS);
    return host;
  }

  private readonly time: ServerTime;
  private readonly closing = new AbortController();
  private timer?: NodeJS.Timeout;
  private looking?: Promise<void>;
  private absence?: Promise<void>;
  private restarts = 0;
  private begin: Reading = { microseconds: 0, background: 0, floor: 0, rows: 0 };
  private slices?: FloorSlices;
  private refusedPrefix?: string;
  private refusedSchema?: string;

  private constructor(
    private readonly engine: PostgresqlEngine, private readonly connections: number, private readonly onFailure: (error: Error) => void,
  ) {
    this.time = new ServerTime(engine.user);
  }

  /** Name and version of the server. */
  public get title(): string {
    return this.engine.title;
  }

  /** How the owner reaches it. */
  public get address(): DatabaseAddress {
    const { database, host, port, user } = this.engine;
    return { host, port, database, user };
  }

  /**
   * Kills the server; after a while it is started again, and recovers. Nothing happens while it is down.
   *
   * @returns 1 when it was killed, else 0
   */
  public async restart(seconds: number): Promise<number> {
    if (this.absence !== undefined || this.closing.signal.aborted) {
      return 0;
    }
    this.restarts++;
    const dead = this.kill();
    this.absence = dead.then(async () => {
      await delay(seconds * 1_000, undefined, { signal: this.closing.signal }).catch(() => undefined);
      if (!this.closing.signal.aborted) {
        await this.engine.run();
      }
    }).finally(() => { this.absence = undefined; });
    this.absence.catch((error: Error) => this.onFailure(error));
    await dead;
    return 1;
  }

  /** Resolves when the server is there, if it is not already. @throws Error when it does not come back */
  public async untilThere(): Promise<void> {
    await this.absence;
  }

  /**
   * From now on no entry can be stored whose key begins so.
   *
   * @param schema of the ledger
   */
  public async refuseKeys(schema: string, prefix: string): Promise<void> {
    if (this.refusedPrefix !== undefined) {
      return;
    }
    await this.untilThere();
    this.refusedPrefix = prefix;
    this.refusedSchema = schema;
    await this.asOwner(async (owner) => {
      // Numbers of a sequence are not given back when a write is: so they count what was refused.
      await owner.query(`CREATE SEQUENCE ${schema}.${REFUSAL}; GRANT USAGE ON SEQUENCE ${schema}.${REFUSAL} TO PUBLIC`);
      await owner.query(`ALTER TABLE ${schema}.entry ADD CONSTRAINT ${REFUSAL}
        CHECK (NOT starts_with(idempotency_key, ${owner.escapeLiteral(prefix)}) OR nextval('${schema}.${REFUSAL}') IS NULL) NOT VALID`);
    });
  }

  /** What was counted of faults. */
  public async faultCounts(): Promise<DatabaseFaultCounts> {
    if (this.refusedPrefix === undefined || this.absence !== undefined) {
      return { restarts: this.restarts, refusedKeys: 0 };
    }
    const counted = await this.asOwner((owner) => owner.query<{ last_value: string; is_called: boolean }>(
      `SELECT last_value, is_called FROM ${this.refusedSchema}.${REFUSAL}`,
    )).catch(() => undefined);
    const [row] = counted?.rows ?? [];
    return { restarts: this.restarts, refusedKeys: row?.is_called === true ? Number(row.last_value) : 0 };
  }

  /**
   * What the ledger costs is counted from now on.
   *
   * @param schema of the ledger
   */
  public async beginCost(schema: string): Promise<void> {
    this.slices = await FloorSlices.start({ ...this.address, schema, connections: this.connections });
    this.begin = await this.read(schema);
  }

  /**
   * What the ledger cost since `beginCost`, and what its floor cost beside it. Where too few rows came for that, the floor is measured now.
   *
   * @param schema of the ledger
   * @param floorRows rows that the floor has at least, over all rounds
   * @returns undefined where the platform does not tell of CPU time, and where no row came
   */
  public async ledgerCost(schema: string, floorRows = FLOOR_ROWS): Promise<LedgerCost | undefined> {
    await this.untilThere();
    await this.slices?.stop();
    const sliced = await this.slices?.rows() ?? 0;
    const end = await this.read(schema);
    await this.slices?.remove();
    this.slices = undefined;
    const rows = end.rows - this.begin.rows;
    if (this.time.microseconds === undefined || rows === 0) {
      return undefined;
    }
    const cost = costBetween(this.begin, end, sliced);
    return sliced >= floorRows ? cost : { ...cost, ...await this.floorAlone(schema, floorRows) };
  }

  private async floorAlone(schema: string, floorRows: number): Promise<Pick<LedgerCost, 'floorRows' | 'floorMicroseconds'>> {
    const floor = { floorRows: 0, floorMicroseconds: 0 };
    for (let round = 0; round < MOST_FLOOR_ROUNDS && floor.floorRows < floorRows; round++) {
      const ledger = await BareLedger.prepare({ ...this.address, schema, connections: this.connections });
      try {
        await this.look();
        const before = this.time.microseconds!;
        floor.floorRows += await ledger.insert();
        await this.look();
        floor.floorMicroseconds += this.time.microseconds! - before;
      } finally {
        await ledger.remove();
      }
    }
    return floor;
  }

  private async read(schema: string): Promise<Reading> {
    const rows = await BareLedger.rowsOf({ ...this.address, schema }, () => this.look());
    const { time } = this;
    return { rows, microseconds: time.microseconds ?? 0, background: time.backgroundMicroseconds, floor: time.microsecondsOf(BARE_LEDGER_USER) };
  }

  /** Stops the server, and removes what it kept. */
  public async close(): Promise<void> {
    this.closing.abort();
    clearInterval(this.timer);
    await this.absence?.catch(() => undefined);
    await this.slices?.stop();
    await this.looking;
    await this.engine.close();
  }

  private async kill(): Promise<void> {
    await this.look();
    this.time.ended();
    await this.engine.kill();
  }

  /** One look at a time: they are compared with each other. */
  private look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => { this.looking = undefined; });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    if (this.absence === undefined) {
      this.time.look(await familyTimes(this.engine.processId));
    }
  }

  private async asOwner<Result>(use: (owner: Client) => Promise<Result>): Promise<Result> {
    const client = new Client(this.address);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}

function costBetween(begin: Reading, end: Reading, floorRows: number): LedgerCost {
  const rows = end.rows - begin.rows;
  const background = (end.background - begin.background) * floorRows / (rows + floorRows);
  const floorMicroseconds = end.floor - begin.floor + background;
  return { rows, microseconds: end.microseconds - begin.microseconds - floorMicroseconds, floorRows, floorMicroseconds };
}
