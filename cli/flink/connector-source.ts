import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type ConnectorLock, coordinates, FlinkPackageError } from './connector-lock';

/** How long a download may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 300_000;

/**
 * The bytes of a connector's JAR: of a file, else of the repository that MAVEN_REPOSITORY names (`https://…`, Maven Central or a mirror of it),
 * else what Maven itself finds. Nothing here is trusted: the caller compares the checksum.
 *
 * @throws FlinkPackageError when it cannot be had
 */
export async function connectorBytes(lock: ConnectorLock, file: string | undefined, variables: NodeJS.ProcessEnv): Promise<Buffer> {
  if (file !== undefined) {
    return fs.readFileSync(file);
  }
  const repository = variables.MAVEN_REPOSITORY;
  return repository ? download(lock, repository) : withMaven(lock);
}

async function download(lock: ConnectorLock, repository: string): Promise<Buffer> {
  const { group, artifact, version } = lock;
  const address = [repository.replace(/\/+$/, ''), ...group.split('.'), artifact, version, `${artifact}-${version}.jar`].join('/');
  if (!/^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(address)) {
    throw new FlinkPackageError(`MAVEN_REPOSITORY must begin with https://, got: ${repository}`);
  }
  let response: Response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) });
  } catch (error) {
    throw new FlinkPackageError(`${address} cannot be reached: ${(error as Error).message}`);
  }
  if (!response.ok) {
    throw new FlinkPackageError(`${address} answers ${response.status}`);
  }
  return Buffer.from(await response.arrayBuffer());
}

function withMaven(lock: ConnectorLock): Buffer {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-flink-'));
  try {
    const words = ['--batch-mode', '--quiet', 'dependency:copy', `-Dartifact=${coordinates(lock)}`, `-DoutputDirectory=${folder}`];
    const maven = spawnSync('mvn', words, { encoding: 'utf8', cwd: folder, timeout: DOWNLOAD_TIMEOUT });
    const file = path.join(folder, `${lock.artifact}-${lock.version}.jar`);
    if (maven.status !== 0 || !fs.existsSync(file)) {
      const why = maven.error === undefined ? `Maven does not find it${firstError(maven.stdout)}` : 'there is no mvn here';
      throw new FlinkPackageError(`${coordinates(lock)} cannot be had: ${why}. Set MAVEN_REPOSITORY to the address of a repository, or name a file with --jar.`);
    }
    return fs.readFileSync(file);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function firstError(output: string): string {
  const line = /\[ERROR\] (.*)/.exec(output.replace(/\u001b\[[0-9;]*m/g, ''))?.[1]; // eslint-disable-line no-control-regex -- colours of a terminal
  return line === undefined ? '' : ` (${line})`;
}
