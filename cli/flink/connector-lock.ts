import * as fs from 'node:fs';
import * as path from 'node:path';

/** The connector that a package of Flink code needs: one artifact of a Maven repository, and the checksum that its JAR must have. */
export interface ConnectorLock {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** SHA-256 in hexadecimal digits; null before somebody pinned it. */
  readonly sha256: string | null;
}

/** Name of the file in a package. */
export const LOCK_FILE = 'connector.lock.json';

/** What is wrong with a package or its connector; the message says what to do. */
export class FlinkPackageError extends Error {}

/** @throws FlinkPackageError when the file is missing or not of this form */
export function readLock(folder: string): ConnectorLock {
  const file = path.join(folder, LOCK_FILE);
  let lock: Partial<Record<keyof ConnectorLock, unknown>>;
  try {
    lock = JSON.parse(fs.readFileSync(file, 'utf8')) as typeof lock;
  } catch (error) {
    throw new FlinkPackageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  // They become parts of a path, of an address and of a command.
  for (const name of ['group', 'artifact', 'version'] as const) {
    const value = lock[name];
    if (typeof value !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) {
      throw new FlinkPackageError(`\`${name}\` in ${file} must be letters, digits, dots and dashes, got: ${String(value)}`);
    }
  }
  if (lock.sha256 !== null && !/^[0-9a-f]{64}$/.test(String(lock.sha256))) {
    throw new FlinkPackageError(`\`sha256\` in ${file} must be 64 hexadecimal digits or null, got: ${String(lock.sha256)}`);
  }
  return lock as ConnectorLock;
}

/** Writes the file anew, always in the same form. */
export function writeLock(folder: string, { group, artifact, version, sha256 }: ConnectorLock): void {
  fs.writeFileSync(path.join(folder, LOCK_FILE), `${JSON.stringify({ group, artifact, version, sha256 }, undefined, 2)}\n`);
}

/** A connector as Maven writes it. */
export function coordinates({ group, artifact, version }: ConnectorLock): string {
  return `${group}:${artifact}:${version}`;
}
