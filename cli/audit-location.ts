import * as fs from 'node:fs';
import * as path from 'node:path';
import { ArchiveHeadTable, type ArchiveHeads } from '../lambdas/runtime/archive/archive-heads';
import type { AwsJsonClient } from '../lambdas/runtime/aws/json-client';
import type { ListedObject, ObjectStore, PutOptions, S3ObjectStore } from '../lambdas/runtime/aws/object-store';
import type { Environment } from '../lambdas/runtime/configuration/environment';
import { RunError } from '../local/run/run-error';
import type { Variables } from './running-system';
import { type ConnectionAdvice, type SystemConnection, withConnection } from './system-connection';

/** What the subcommands of `cht audit` work with. */
export interface AuditSystem {
  /** The archive, as people name it. */
  readonly name: string;
  readonly objects: ObjectStore;
  /** Undefined for a copy, and where AUDIT_HEAD_TABLE is not set. */
  readonly heads: ArchiveHeads | undefined;
  readonly environment: Environment;
  /** @throws RunError when region or credentials are not set */
  dynamodb(): AwsJsonClient;
  readonly described: SystemConnection['described'];
}

/**
 * Runs work on an archive.
 *
 * @param location `s3://bucket[/prefix]`, or a folder that holds a copy of the bucket. Where undefined, the bucket that AUDIT_BUCKET names
 * @throws RunError when there is no such archive, a variable is missing, or the system does not answer or refuses
 */
export async function withArchive<Result>(
  location: string | undefined, variables: Variables, work: (system: AuditSystem) => Promise<Result>,
): Promise<Result> {
  return withConnection(variables, ADVICE, async ({ environment, client, bucket, described }) => {
    const archive = location ?? `s3://${described(() => environment.text('AUDIT_BUCKET'))}`;
    const [, name, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(archive) ?? [];
    const headTable = environment.optionalText('AUDIT_HEAD_TABLE');
    const dynamodb = (): AwsJsonClient => described(() => client('dynamodb'));
    return work({
      name: archive,
      objects: name === undefined ? new FolderObjectStore(archive) : below(prefix, described(() => bucket(name))),
      heads: name === undefined || headTable === undefined ? undefined : new ArchiveHeadTable({ dynamodb: dynamodb(), table: headTable }),
      environment,
      dynamodb,
      described,
    });
  });
}

const ADVICE: ConnectionAdvice = {
  onMissing: 'name the archive, set the variables of the deployment, or use --run for a system that runs here',
  onFailure: 'Nothing was changed; the command can be repeated.',
};

/** A copy of the bucket in a folder. It is only read. */
class FolderObjectStore implements ObjectStore {
  constructor(private readonly folder: string) {
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new RunError(`${folder} is no folder. An archive is s3://BUCKET or a folder with a copy of one.`);
    }
  }

  async put(): Promise<never> {
    throw new Error('a copy of an archive is only read');
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      return await fs.promises.readFile(path.join(this.folder, key));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }

  async* list(prefix: string): AsyncGenerator<ListedObject> {
    const root = path.join(this.folder, prefix);
    if (!fs.existsSync(root)) {
      return;
    }
    const entries = await fs.promises.readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
    for (const file of files.sort()) {
      yield { key: path.relative(this.folder, file).split(path.sep).join('/'), bytes: fs.statSync(file).size };
    }
  }
}

/** A part of a bucket: keys as they are below the prefix. */
function below(prefix: string, store: S3ObjectStore): ObjectStore {
  const root = prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`;
  return root === '' ? store : {
    put: (key: string, body: Buffer, options?: PutOptions) => store.put(root + key, body, options),
    get: (key: string) => store.get(root + key),
    async* list(keyPrefix: string) {
      for await (const { key, bytes } of store.list(root + keyPrefix)) {
        yield { key: key.slice(root.length), bytes };
      }
    },
  };
}
