import type { PostgresqlCaller } from './postgresql-connections';

/**
 * Does something in a session that waits for locks as long as a call may take, whatever `lock_timeout` the server has. That of the cluster is for who
 * holds payments up; what runs concurrently waits for transactions that began before it, and holds up nobody.
 */
export async function withoutLockTimeout<Result>(session: PostgresqlCaller, work: () => Promise<Result>): Promise<Result> {
  await session.query({ text: 'SET lock_timeout TO 0' });
  try {
    return await work();
  } finally {
    // Where the connection is gone so is its setting; the first error tells more.
    await session.query({ text: 'RESET lock_timeout' }).catch(() => undefined);
  }
}
