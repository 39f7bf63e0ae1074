import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

/** Rows that are read at once. */
const ROWS_AT_ONCE = 5_000;
/** Most rows that are inserted: enough for a figure that stands still. */
const MOST_ROWS = 200_000;

const SCHEMA = 'bare_ledger';
/** As which it works. */
export const BARE_LEDGER_USER = 'bare_ledger';
const REMOVAL = `DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; DROP ROLE IF EXISTS ${BARE_LEDGER_USER}`;
const COLUMNS = [
  ['key', 'uuid'], ['settled_at', 'bigint'], ['accepted_at', 'bigint'], ['amount', 'bigint'], ['type', 'text'], ['merchant_id', 'text'],
  ['idempotency_key', 'text'], ['currency', 'text'], ['payer_id', 'text'], ['card_token', 'text'], ['draws_on', 'text'], ['movement_reason', 'text'],
  ['rejection', 'text'], ['trace_parent', 'text'],
] as const;
const SETTLED_AT = COLUMNS.findIndex(([name]) => name === 'settled_at');

/** Part of the rows of a ledger, by when they were settled, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  /** Not included. */
  readonly until: number;
}

/** All rows. */
const EVER: Span = { from: 0, until: Number.MAX_SAFE_INTEGER };

/** How a server is reached. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** User that everything belongs to. */
  readonly user: string;
}

export interface BareLedgerProps extends DatabaseAddress {
  /** Schema of the ledger whose rows are taken. */
  readonly schema: string;
  /** Connections that insert at once. */
  readonly connections: number;
}

/**
 * The floor under a ledger in PostgreSQL: the very rows of that ledger, inserted into a bare table, together those that the ledger stored together,
 * with the sums of each merchant added to a table of balances in the same statement. It is idempotent, as a ledger is, and nothing else: no
 * functions, no indexes but the two keys, no partitions, nothing is looked up, refused or drawn on.
 *
 * It works as a user of its own.
 */
export class BareLedger {
  /**
   * Counts the rows of a ledger.
   *
   * @param look is done while the connection is still there that counted
   */
  public static async rowsOf(props: DatabaseAddress & { readonly schema: string }, look: () => Promise<void>): Promise<number> {
    return withClient(props, async (owner) => {
      const { rows: [row] } = await owner.query<{ count: string }>(`SELECT count(*) FROM ${props.schema}.entry`);
      await look();
      return Number(row.count);
    });
  }

  /** Makes the tables, and the connections. */
  public static async prepare(props: BareLedgerProps): Promise<BareLedger> {
    await withClient(props, async (owner) => {
      await owner.query(`${REMOVAL}; CREATE ROLE ${BARE_LEDGER_USER} LOGIN; CREATE SCHEMA ${SCHEMA} AUTHORIZATION ${BARE_LEDGER_USER}`);
      // What the load left to write is written before, and by others.
      await owner.query('CHECKPOINT');
    });
    await withClient({ ...props, user: BARE_LEDGER_USER }, (client) => client.query(`
      CREATE TABLE ${SCHEMA}.entry (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')}, PRIMARY KEY (key));
      CREATE TABLE ${SCHEMA}.balance (merchant_id text, currency text, available numeric NOT NULL, count bigint NOT NULL, PRIMARY KEY (merchant_id, currency))`));
    const ledger = new BareLedger(props);
    await ledger.connect();
    return ledger;
  }

  private clients: readonly Client[] = [];
  /** Reads the rows. It stays: the time of a connection that nobody saw would be taken for the server's own, and for the ledger's. */
  private owner?: Client;

  private constructor(private readonly props: BareLedgerProps) {}

  /** Makes the connections anew, as after a restart of the server. */
  public async connect(): Promise<void> {
    await this.disconnect();
    this.owner = await connected(this.props);
    this.clients = await Promise.all(Array.from({ length: this.props.connections }, () => connected({ ...this.props, user: BARE_LEDGER_USER })));
  }

  /**
   * Inserts rows, as they were settled one after the other.
   *
   * @param span those that are taken. @default - all
   * @param isPaced whether they are inserted as long after each other as they were settled, and not at once: a statement that follows itself without
   * a pause finds its code and its pages in the caches of the processor, and shares its writing to disk with others. @default false
   * @returns how many
   * @throws Error when it is not connected, or the server does not answer
   */
  public async insert({ from, until }: Span = EVER, isPaced = false): Promise<number> {
    const { owner } = this;
    if (owner === undefined) {
      throw new Error('the floor is not connected');
    }
    // The number of the transaction that stored a row stays with it.
    // WITH HOLD copies the rows: no snapshot is kept, behind which old versions of balances could not be removed.
    await owner.query(`BEGIN; DECLARE rows_of_ledger NO SCROLL CURSOR WITH HOLD FOR
      SELECT ${COLUMNS.map(([name]) => name).join(', ')}, xmin::text FROM ${this.props.schema}.entry
      WHERE settled_at >= ${from} AND settled_at < ${until} ORDER BY settled_at, xmin::text LIMIT ${MOST_ROWS}; COMMIT`);
    const source = new BatchSource(owner);
    const behind = isPaced ? Date.now() - from : undefined;
    await Promise.all(this.clients.map((client) => insertAll(client, source, behind)));
    await owner.query('CLOSE rows_of_ledger');
    return source.rows;
  }

  /** Rows that it has: all that were inserted, whether or not the answer came. */
  public async rows(): Promise<number> {
    return withClient(this.props, async (owner) => Number((await owner.query<{ count: string }>(`SELECT count(*) FROM ${SCHEMA}.entry`)).rows[0].count));
  }

  /** Takes the tables away again, and the connections. */
  public async remove(): Promise<void> {
    await this.disconnect();
    await withClient(this.props, (owner) => owner.query(REMOVAL));
  }

  private async disconnect(): Promise<void> {
    const clients = [...this.clients, ...(this.owner === undefined ? [] : [this.owner])];
    this.clients = [];
    this.owner = undefined;
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Hands out the rows of one transaction after the other, read from a cursor when there are none left. */
class BatchSource {
  public rows = 0;
  private ready: unknown[][] = [];
  private position = 0;
  private reading: Promise<void> = Promise.resolve();
  private isAtEnd = false;

  public constructor(private readonly owner: Client) {}

  /** The next rows, by columns; undefined at the end. */
  public next(): Promise<unknown[][] | undefined> {
    const batch = this.reading.then(() => this.take());
    this.reading = batch.then(() => undefined, () => undefined);
    return batch;
  }

  private async take(): Promise<unknown[][] | undefined> {
    let end = this.endOfBatch();
    while (!this.isAtEnd && end === this.ready.length) {
      const { rows } = await this.owner.query<unknown[]>({ text: `FETCH ${ROWS_AT_ONCE} FROM rows_of_ledger`, rowMode: 'array' });
      this.isAtEnd = rows.length < ROWS_AT_ONCE;
      this.ready = [...this.ready.slice(this.position), ...rows];
      this.position = 0;
      end = this.endOfBatch();
    }
    const batch = this.ready.slice(this.position, end);
    this.position = end;
    this.rows += batch.length;
    return batch.length === 0 ? undefined : COLUMNS.map((_, index) => batch.map((row) => row[index]));
  }

  /** Where the rows end that were stored together with the next one. */
  private endOfBatch(): number {
    const transaction = this.ready.at(this.position)?.[COLUMNS.length];
    let end = this.position;
    while (end < this.ready.length && this.ready[end][COLUMNS.length] === transaction) {
      end++;
    }
    return end;
  }
}

const INSERT = `
WITH stored AS (
  INSERT INTO ${SCHEMA}.entry SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
  ON CONFLICT (key) DO NOTHING RETURNING merchant_id, currency, amount
)
INSERT INTO ${SCHEMA}.balance AS known (merchant_id, currency, available, count)
SELECT merchant_id, currency, sum(amount), count(*) FROM stored GROUP BY merchant_id, currency ORDER BY merchant_id, currency
ON CONFLICT (merchant_id, currency) DO UPDATE SET available = known.available + excluded.available, count = known.count + excluded.count`;

/** @param behind how long after they were settled rows are inserted, in milliseconds; undefined when at once */
async function insertAll(client: Client, source: BatchSource, behind: number | undefined): Promise<void> {
  for (let values = await source.next(); values !== undefined; values = await source.next()) {
    if (behind !== undefined) {
      await delay(Math.max(0, Number(values[SETTLED_AT][0]) + behind - Date.now()));
    }
    await client.query({ name: 'insert', text: INSERT, values });
  }
}

async function connected({ database, host, port, user }: DatabaseAddress): Promise<Client> {
  const client = new Client({ host, port, user, database, application_name: 'floor' });
  // A connection that ends fails the statement that it had.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function withClient<Result>(address: DatabaseAddress, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await connected(address);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
