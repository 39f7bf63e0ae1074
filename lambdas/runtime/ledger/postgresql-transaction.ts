import type { PostgresqlCaller } from './postgresql-connections';

/** Does something in a transaction of a session, which is undone when it throws. */
export async function inTransaction<Result>(session: PostgresqlCaller, work: () => Promise<Result>): Promise<Result> {
  await session.query({ text: 'BEGIN' });
  try {
    const result = await work();
    await session.query({ text: 'COMMIT' });
    return result;
  } catch (error) {
    // Where the connection is gone so is the transaction; the first error tells more.
    await session.query({ text: 'ROLLBACK' }).catch(() => undefined);
    throw error;
  }
}
