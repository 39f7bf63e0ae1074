import type { Pool, PoolClient, PoolConfig } from 'pg';
import { endsConnection, PostgresqlConnectionError, PostgresqlError } from './postgresql-errors';

/** One call of the database. */
export interface PostgresqlStatement {
  readonly text: string;
  /** Values of `$1`, `$2` and so on; a list is one value, an array. @default - none */
  readonly values?: readonly unknown[];
  /** The statement is read and planned once a connection under this name. Equal names have equal texts. @default - it is read at each call */
  readonly name?: string;
}

/** A row of an answer: values by column. 64-bit integers and `numeric` come as text. */
export type PostgresqlRow = Record<string, unknown>;

/** Calls of a database, as a port. */
export interface PostgresqlCaller {
  /**
   * Runs one statement, in a transaction of its own.
   *
   * @throws PostgresqlError when the server answers with an error; PostgresqlConnectionError when no answer came
   */
  query(statement: PostgresqlStatement): Promise<PostgresqlRow[]>;
}

/** Calls that can also be made one after another on one connection. */
export interface PostgresqlSessions extends PostgresqlCaller {
  /** Gives a connection to someone alone, for as long as that takes. Transactions are theirs to end. */
  withSession<Result>(use: (session: PostgresqlCaller) => Promise<Result>): Promise<Result>;
}

export interface PostgresqlConnectionsOptions {
  /** Host name of the server or of a proxy before it. */
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  /** Asked before each connection is made, for a secret or a token of IAM: neither is kept in a variable of the environment. */
  readonly password: () => Promise<string>;
  /** Most connections at once. By Little's law: calls a second times seconds a call at the slow end. At least 1. */
  readonly poolSize: number;
  /**
   * Authorities that sign the server's certificate, as PEM. For Amazon RDS and Aurora the bundle of
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html. `system`: those of Node.js.
   * `off` is for a server on this machine.
   */
  readonly tls: { readonly authorities: string } | 'system' | 'off';
  /** How long a call may take, in milliseconds. The server breaks it off then; a second later it counts as lost. @default 5000 */
  readonly callMilliseconds?: number;
  /** How long a call may wait for a connection of the pool, and for it to be made, in milliseconds. @default 2000 */
  readonly connectMilliseconds?: number;
  /** After how long a connection is made anew, in milliseconds: those to a proxy or through a failover spread again. @default 900000 (15 minutes) */
  readonly lifetimeMilliseconds?: number;
  /** Name under which the server lists the connections. @default cdk-high-throughput */
  readonly applicationName?: string;
  /** Is told of connections that were lost while nobody used them. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

/** An answer on its way when the server breaks a call off still arrives within this. */
const GRACE_MILLISECONDS = 1_000;

/** The client, which is read when a database is first asked: bundles and processes without one do not pay for it. */
type PostgresqlClient = typeof import('pg');

/** Connections to one PostgreSQL, made when they are needed and kept. */
export class PostgresqlConnections implements PostgresqlSessions {
  private readonly configuration: PoolConfig;
  private readonly answerMilliseconds: number;
  private pool?: Promise<Pool>;
  private client?: PostgresqlClient;
  private isClosed = false;

  /** @throws Error when an option is out of its bounds */
  public constructor(private readonly options: PostgresqlConnectionsOptions) {
    const { callMilliseconds = 5_000, connectMilliseconds = 2_000, lifetimeMilliseconds = 900_000, tls } = options;
    for (const [name, value] of Object.entries({ poolSize: options.poolSize, callMilliseconds, connectMilliseconds, lifetimeMilliseconds })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new Error(`\`${name}\` must be an integer of at least 1, got: ${value}`);
      }
    }
    this.answerMilliseconds = callMilliseconds + GRACE_MILLISECONDS;
    this.configuration = {
      host: options.host, port: options.port ?? 5_432, database: options.database, user: options.user, password: options.password,
      max: options.poolSize, connectionTimeoutMillis: connectMilliseconds, maxLifetimeSeconds: Math.ceil(lifetimeMilliseconds / 1_000),
      ssl: tls === 'off' ? false : { rejectUnauthorized: true, ...(tls === 'system' ? undefined : { ca: tls.authorities }) },
      statement_timeout: callMilliseconds, application_name: options.applicationName ?? 'cdk-high-throughput',
      keepAlive: true, allowExitOnIdle: true,
    };
  }

  public query(statement: PostgresqlStatement): Promise<PostgresqlRow[]> {
    return this.withSession((session) => session.query(statement));
  }

  public async withSession<Result>(use: (session: PostgresqlCaller) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      return await use({
        query: async (statement) => {
          try {
            return await this.call(client, statement);
          } catch (error) {
            if (endsConnection(error)) {
              broken = error as Error;
            }
            throw error;
          }
        },
      });
    } finally {
      client.release(broken);
    }
  }

  /** Waits for calls under way and closes all connections. */
  public async close(): Promise<void> {
    this.isClosed = true;
    await (await this.pool)?.end();
  }

  private async open(): Promise<Pool> {
    this.client = await import('pg');
    const pool = new this.client.Pool(this.configuration);
    pool.on('error', (error) => {
      if (!this.isClosed) {
        this.options.onError?.(error);
      }
    });
    // While someone uses it, the call under way fails; who emits an error that nobody listens to ends the process.
    pool.on('connect', (client) => { client.on('error', () => undefined); });
    return pool;
  }

  private async connect(): Promise<PoolClient> {
    if (this.isClosed) {
      throw new PostgresqlConnectionError('no connection to the database: they were closed');
    }
    const pool = await (this.pool ??= this.open());
    try {
      return await pool.connect();
    } catch (error) {
      throw this.translated(error, 'no connection to the database');
    }
  }

  private async call(client: PoolClient, { text, values, name }: PostgresqlStatement): Promise<PostgresqlRow[]> {
    try {
      // The type of the client lacks the time for a single call.
      const config = { text, values: values as unknown[] | undefined, name, query_timeout: this.answerMilliseconds };
      return (await client.query<PostgresqlRow>(config)).rows;
    } catch (error) {
      throw this.translated(error, 'no answer from the database');
    }
  }

  private translated(error: unknown, otherwise: string): Error {
    return this.client !== undefined && error instanceof this.client.DatabaseError && error.code !== undefined
      ? new PostgresqlError(error.code, error.message, error.constraint)
      : new PostgresqlConnectionError(`${otherwise}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
