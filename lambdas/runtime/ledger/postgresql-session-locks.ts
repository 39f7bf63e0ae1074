import { type Clock, systemClock } from '../retry/clock';
import type { PostgresqlCaller } from './postgresql-connections';

/** Somebody else is at the same work for longer than one waits. Nothing was done. */
export class SessionLockError extends Error {
  readonly name = 'SessionLockError';
}

export interface SessionLockOptions {
  /** For how long to wait while somebody else is at it, in milliseconds. */
  readonly waitMilliseconds: number;
  /** @default - systemClock */
  readonly clock?: Clock;
}

const POLL_MILLISECONDS = 200;

/**
 * Does something in a session that only one session of a database does at a time. It waits outside of any call: `lock_timeout` does not end that, and
 * no snapshot is held for which others would wait, as those who build an index concurrently do.
 *
 * @param name of the work
 * @throws SessionLockError that says who is at it, when that is not over in time; what the work throws
 */
export async function withSessionLock<Result>(
  session: PostgresqlCaller, name: string, { clock = systemClock, waitMilliseconds }: SessionLockOptions, work: () => Promise<Result>,
): Promise<Result> {
  const until = clock.now() + waitMilliseconds;
  for (;;) {
    const done = await tryWithSessionLock(session, name, async () => ({ result: await work() }));
    if (done !== undefined) {
      return done.result;
    }
    if (clock.now() >= until) {
      throw new SessionLockError(`${name}: waited ${waitMilliseconds / 1_000} seconds for ${await holderOf(session, name)}`);
    }
    await clock.sleep(POLL_MILLISECONDS);
  }
}

/** As `withSessionLock`, for who does not wait. @returns undefined when somebody else is at it */
export async function tryWithSessionLock<Result>(session: PostgresqlCaller, name: string, work: () => Promise<Result>): Promise<Result | undefined> {
  const call = (text: string): Promise<boolean> => (
    session.query({ text: `SELECT ${text}(hashtextextended($1, 0)) AS answer`, values: [name] }).then(([{ answer }]) => answer === true));
  if (!(await call('pg_try_advisory_lock'))) {
    return undefined;
  }
  try {
    return await work();
  } finally {
    // Where the connection is gone so is the lock; the first error tells more.
    await call('pg_advisory_unlock').catch(() => undefined);
  }
}

/** Who has a lock, for a message. What of a session is shown to its own user and to nobody else is left out. */
async function holderOf(session: PostgresqlCaller, name: string): Promise<string> {
  const [holder] = await session.query({
    // The key of a lock that has one is shown in two halves: https://www.postgresql.org/docs/current/view-pg-locks.html
    text: `SELECT pid, usename, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = hashtextextended($1, 0)`,
    values: [name],
  });
  return holder === undefined
    ? 'a session that has just ended'
    : `process ${String(holder.pid)} of the server, ${String(holder.application_name)} as ${String(holder.usename)}`;
}
