import * as fs from 'node:fs';
import * as path from 'node:path';
import { LocalObjectStore } from '../engines/object';
import { RunError } from './run-error';

/**
 * Copies the objects of a bucket into a folder, each under its key, as `aws s3 sync` would.
 *
 * @throws RunError where a key would leave the folder.
 */
export async function copyBucket(endpoint: string, bucket: string, folder: string): Promise<number> {
  const store = new LocalObjectStore(endpoint);
  const root = path.resolve(folder);
  let count = 0;
  try {
    for await (const { key } of store.list(bucket, '')) {
      const file = path.resolve(root, key);
      if (!file.startsWith(root + path.sep)) {
        throw new RunError(`The key ${key} of ${bucket} is no path inside ${folder}.`);
      }
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, (await store.get(bucket, key))!);
      count++;
    }
  } finally {
    store.close();
  }
  return count;
}
