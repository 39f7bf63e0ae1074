import { LocalAwsClient } from '../aws/local-aws-client';
import { profileSeeds } from '../load/profile-seeds';

/** Writes under way at once. */
const CONCURRENCY = 16;

/**
 * Puts the profiles of the load's merchants into a table.
 *
 * @param endpoint of the tables
 * @throws Error when the table does not take them
 */
export async function seedProfiles(endpoint: string, region: string, table: string, seed: number): Promise<void> {
  const tables = new LocalAwsClient({ endpoint, service: 'dynamodb', targetPrefix: 'DynamoDB_20120810', region });
  try {
    const left = profileSeeds(seed);
    await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) {
        await tables.call('PutItem', { TableName: table, Item: item });
      }
    }));
  } finally {
    tables.close();
  }
}
