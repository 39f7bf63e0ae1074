import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError, type QueryArrayConfig } from 'pg';
import { callRepeatedly } from './repeated-call';

/** A PostgreSQL that holds a ledger, or a shard of one. It asks for no password and no TLS. */
export interface PostgresqlServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Schema of the ledger. */
  readonly schema: string;
}

/** A statement of SQL. */
export interface Statement {
  readonly text: string;
  /** Values of `$1`, `$2` and so on. @default - none */
  readonly values?: readonly string[];
  /** It is planned once a connection under this name; equal names have equal texts. @default - it is planned each time */
  readonly name?: string;
}

/** Values of a row in the order of the statement, as the server writes them. */
export type Row = readonly (string | null)[];

/** Calls until a server that does not answer is given up: seven minutes, longer than any absence that a run can ask for, with its recovery. */
const ATTEMPTS = 420;
/** A connection that does not answer for so long is gone. */
const ANSWER_MILLISECONDS = 60_000;
const CONNECT_MILLISECONDS = 2_000;

/**
 * Plans that read only what they are asked for, whatever the server believes of a table that it has not analyzed: no whole table for a range of it,
 * and no hash over all keys for the keys of a range. Plans of named statements are kept.
 */
const SETTINGS = ['enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'jit=off', 'plan_cache_mode=force_generic_plan',
  'default_transaction_read_only=on'];

/** One connection that only reads. After a restart of the server it is made anew, and the statement under way comes again. */
export class PostgresqlReader {
  private client?: Client;
  /** Set while it is being made, for all who ask meanwhile. */
  private connecting?: Promise<Client>;
  private stopped = false;

  /** @param sleep waits for a number of milliseconds. Default: by the machine's timers */
  constructor(private readonly server: PostgresqlServer, private readonly sleep: (milliseconds: number) => Promise<unknown> = delay) {}

  /** @throws Error when the server says that the statement is wrong, or does not answer for minutes */
  query(statement: Statement): Promise<readonly Row[]> {
    return callRepeatedly(() => this.ask(statement), {
      attempts: ATTEMPTS, isTransient, isStopped: () => this.stopped, sleep: this.sleep,
    });
  }

  /** Ends the connection; a statement under way fails. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.connecting?.catch(() => undefined);
    await this.client?.end();
  }

  private async ask({ text, values, name }: Statement): Promise<readonly Row[]> {
    if (this.stopped) {
      throw new Error('the reader was stopped');
    }
    const client = this.client ?? await (this.connecting ??= this.connect().finally(() => { this.connecting = undefined; }));
    const config: QueryArrayConfig & { query_timeout: number } = {
      text, name, values: values as string[] | undefined, rowMode: 'array', types: { getTypeParser: () => asItIs as never }, query_timeout: ANSWER_MILLISECONDS,
    };
    try {
      return (await client.query<(string | null)[]>(config)).rows;
    } catch (error) {
      if (isTransient(error)) {
        this.drop(client);
      }
      throw error;
    }
  }

  private async connect(): Promise<Client> {
    const { schema: _, ...server } = this.server;
    const client = new Client({
      ...server, ssl: false, keepAlive: true, connectionTimeoutMillis: CONNECT_MILLISECONDS, application_name: 'checker',
      options: SETTINGS.map((setting) => `-c ${setting}`).join(' '),
    });
    // Who emits an error that nobody listens to ends the process. The next statement finds a connection of its own.
    client.on('error', () => this.drop(client));
    client.on('end', () => this.drop(client));
    await client.connect();
    this.client = client;
    return client;
  }

  private drop(client: Client): void {
    if (this.client === client) {
      this.client = undefined;
    }
    client.end().catch(() => undefined);
  }
}

function asItIs(value: string): string {
  return value;
}

/** Without an answer, or with one of a class that passes: 08 connection exception, 53 insufficient resources, 57 operator intervention. */
function isTransient(error: unknown): boolean {
  return !(error instanceof DatabaseError) || /^(08|53|57)/.test(error.code ?? '');
}

/** A name in a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
