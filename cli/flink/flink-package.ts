import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type ConnectorLock, coordinates, FlinkPackageError, readLock, writeLock } from './connector-lock';
import { connectorBytes } from './connector-source';
import { type ArchivedFile, zipArchive } from './zip-archive';

/** Where the archive has the connector. The application's property `jarfile` names it. */
const CONNECTOR = 'lib/connector.jar';
/** Left out of an archive: what runs on this machine leave behind. */
const LEFT_OUT = /^(__pycache__|lib|\..*)$/;

export interface FlinkPackageOptions {
  /** A JAR on this machine instead of one of a repository. */
  readonly jar?: string;
  /** Environment variables. @default process.env */
  readonly variables?: NodeJS.ProcessEnv;
}

/**
 * Makes the archive of a package, with the connector that its lock file pins.
 *
 * @returns path of the archive; the same package gives the same bytes
 * @throws FlinkPackageError when the connector is not pinned, cannot be had, or has another checksum
 */
export async function makePackage(folder: string, options: FlinkPackageOptions = {}): Promise<string> {
  const connector = await pinnedConnector(folder, options);
  const files: ArchivedFile[] = [
    ...filesIn(folder).map((name) => ({ name, bytes: fs.readFileSync(path.join(folder, name)) })),
    { name: CONNECTOR, bytes: fs.readFileSync(connector) },
  ];
  const bytes = zipArchive(files);
  return store(cacheFolder(options.variables), `flink-${sha256(bytes)}.zip`, bytes);
}

/**
 * The connector that the lock file of a package pins.
 *
 * @returns path of its JAR, in the user's cache
 * @throws FlinkPackageError when it is not pinned, cannot be had, or has another checksum
 */
export async function pinnedConnector(folder: string, options: FlinkPackageOptions = {}): Promise<string> {
  const { jar, variables = process.env } = options;
  const lock = readLock(folder);
  if (lock.sha256 === null) {
    const advice = `"cht flink pin ${folder}" writes the one that is served now. Review and commit it.`;
    throw new FlinkPackageError(`${coordinates(lock)} has no checksum in ${folder}: ${advice}`);
  }
  const cache = cacheFolder(variables);
  const kept = path.join(cache, `${lock.sha256}.jar`);
  if (jar === undefined && fs.existsSync(kept) && sha256(fs.readFileSync(kept)) === lock.sha256) {
    return kept;
  }
  const bytes = await connectorBytes(lock, jar, variables);
  if (sha256(bytes) !== lock.sha256) {
    throw new FlinkPackageError(`${coordinates(lock)} must have the checksum ${lock.sha256}, got: ${sha256(bytes)}`);
  }
  return store(cache, `${lock.sha256}.jar`, bytes);
}

/**
 * Writes the checksum of the connector that is served now into the lock file.
 *
 * @returns the lock as it stands now
 * @throws FlinkPackageError when it cannot be had, or is pinned with another checksum and `replace` is not set
 */
export async function pinConnector(folder: string, options: FlinkPackageOptions & { readonly replace?: boolean } = {}): Promise<ConnectorLock> {
  const { jar, replace = false, variables = process.env } = options;
  const lock = readLock(folder);
  const bytes = await connectorBytes(lock, jar, variables);
  const found = sha256(bytes);
  if (lock.sha256 !== null && lock.sha256 !== found && !replace) {
    throw new FlinkPackageError(`${coordinates(lock)} is pinned to ${lock.sha256}, but what is served has ${found}. A version never changes: find out why before you say --replace.`);
  }
  const pinned = { ...lock, sha256: found };
  writeLock(folder, pinned);
  store(cacheFolder(variables), `${found}.jar`, bytes);
  return pinned;
}

function cacheFolder(variables: NodeJS.ProcessEnv = process.env): string {
  return path.join(variables.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk-high-throughput');
}

/** Written beside and renamed, so that nobody reads half a file. */
function store(folder: string, name: string, bytes: Buffer): string {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, bytes);
  fs.renameSync(temporary, file);
  return file;
}

function filesIn(folder: string, prefix = ''): string[] {
  return fs.readdirSync(path.join(folder, prefix), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.test(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(folder, path.posix.join(prefix, entry.name)) : [path.posix.join(prefix, entry.name)]))
    .sort();
}

function sha256(bytes: Buffer): string {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}
