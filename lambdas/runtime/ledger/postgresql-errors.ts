/** PostgreSQL answered with an error. The message holds no values of rows. */
export class PostgresqlError extends Error {
  /**
   * @param code SQLSTATE, such as `40001`: https://www.postgresql.org/docs/current/errcodes-appendix.html
   * @param message of the server
   * @param constraint that was violated, where it has a name
   */
  public constructor(public readonly code: string, message: string, public readonly constraint?: string) {
    super(`${code}: ${message}`);
    this.name = 'PostgresqlError';
  }
}

/** No complete answer came: refused, reset, timed out or cut off. Whether the call had its effect is unknown. */
export class PostgresqlConnectionError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PostgresqlConnectionError';
  }
}

/**
 * Conditions that pass by themselves. Classes: 08 connection exception, 40 transaction rollback (serialization failure, deadlock), 53 insufficient
 * resources (too many connections), 57 operator intervention (statement timeout, shutdown, starting up).
 */
const TRANSIENT_CLASSES: ReadonlySet<string> = new Set(['08', '40', '53', '57']);

/** Lock not available; read-only transaction: after a failover, on a connection to what was the writer. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['55P03', '25006']);

/** The connection is of no use after these: it ends, or leads to a server that no longer writes. */
const ENDING_CODES: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25006']);

/**
 * Classes of errors in what was asked for: 22 data exception (a NUL in a text, a number out of range), 23 integrity constraint violation.
 */
const DATA_CLASSES: ReadonlySet<string> = new Set(['22', '23']);

/** Whether the same call may succeed a moment later. For a lost answer that is only safe where the call may run twice. */
export function isRetryablePostgresqlError(error: unknown): boolean {
  return error instanceof PostgresqlConnectionError
    || (error instanceof PostgresqlError && (TRANSIENT_CLASSES.has(error.code.slice(0, 2)) || TRANSIENT_CODES.has(error.code)));
}

/** Whether a call may have had its effect although it failed. An administrator's shutdown can meet it after its commit, before its answer. */
export function mayHaveHappened(error: unknown): boolean {
  return error instanceof PostgresqlConnectionError
    || (error instanceof PostgresqlError && (error.code === '40003' || error.code.startsWith('08') || error.code.startsWith('57P')));
}

/** Whether a connection is of no use after an error. */
export function endsConnection(error: unknown): boolean {
  return !(error instanceof PostgresqlError) || error.code.startsWith('08') || ENDING_CODES.has(error.code);
}

/**
 * Whether the call can never succeed, because of the values in it. A row for which there is no partition is no such call, though its code says so: a
 * partition can be made. That violation alone names no constraint.
 */
export function isRefusedForGood(error: unknown): error is PostgresqlError {
  return error instanceof PostgresqlError && DATA_CLASSES.has(error.code.slice(0, 2)) && (error.code !== '23514' || error.constraint !== undefined);
}

/** What the ledger's own functions raise; classes from I on are free for that. */
const NOT_SERVED = 'LM001';
const STALE_MOVE = 'LM002';

/** What a read is answered with whose merchant lies elsewhere by now. */
export function notServed(): PostgresqlError {
  return new PostgresqlError(NOT_SERVED, 'a merchant is not served here');
}

/** Whether a database refused a call because it does not serve one of the merchants any more, or not yet. Nothing happened. */
export function isNotServed(error: unknown): boolean {
  return error instanceof PostgresqlError && error.code === NOT_SERVED;
}

/** Whether a database refused a step of a move because that is over, or further than the step. */
export function isStaleMove(error: unknown): boolean {
  return error instanceof PostgresqlError && error.code === STALE_MOVE;
}
