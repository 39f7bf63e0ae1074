import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../binary/free-port';
import { GuardedProcess } from '../table/guarded-process';
import { giveTo, type PostgresqlProgram, preparePostgresql } from './postgresql-program';

/** Recovery after a crash in the middle of a load takes seconds. */
const READY_MILLISECONDS = 60_000;
const READY_PAUSE_MILLISECONDS = 20;

/** Lines of `postmaster.pid`, from 0: see `pidfile.h` of PostgreSQL. */
const PROCESS_LINE = 0;
const STATUS_LINE = 7;

/**
 * Measured on two cores: pages are compressed by pglz only here, which costs more than it saves; code is compiled for queries that take longer than
 * any of a ledger. The rest is what one server without replicas needs.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  jit: 'off',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  shared_buffers: '256MB',
  wal_compression: 'off',
  wal_level: 'minimal',
};

/**
 * After a crash a server first has all of its files written to disk: one call, where the system has one for that, instead of a call for each of about
 * a thousand files. Measured on two busy cores: 0.1 instead of 2.3 of 3.7 seconds until it was there again.
 */
const RECOVERY: Readonly<Record<string, string>> = process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {};

export interface PostgresqlEngineProps {
  /**
   * Existing folder that the database is kept in, across runs.
   *
   * @default - one of its own, which is gone when the engine is closed
   */
  readonly folder?: string;
  /** Settings of the server by name, on top of those of the engine. @default - none */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Name of the only user and of the database that is there from the start. Anyone on this machine may connect: it listens on its loopback address
 * alone.
 */
const NAME = 'postgres';

/** A PostgreSQL of its own on this machine, as a process that does not outlive the one that started it. */
export class PostgresqlEngine {
  /**
   * Starts a server, and makes its database where there is none. @throws MissingEngineError when there is none for this platform; Error when it does
   * not start
   */
  public static async start(props: PostgresqlEngineProps = {}): Promise<PostgresqlEngine> {
    const folder = props.folder ?? mkdtempSync(path.join(tmpdir(), 'postgresql-'));
    try {
      const program = await preparePostgresql(folder);
      giveTo(program.account, folder);
      const engine = new PostgresqlEngine(program, folder, await freePort(), props);
      await engine.initialize();
      await engine.run();
      return engine;
    } catch (error) {
      if (props.folder === undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
      throw error;
    }
  }

  public readonly host = '127.0.0.1';
  public readonly user = NAME;
  public readonly database = NAME;
  /** Name and version. */
  public readonly title: string;
  private readonly data: string;
  private process?: GuardedProcess;

  private constructor(
    private readonly program: PostgresqlProgram,
    private readonly folder: string,
    public readonly port: number,
    private readonly props: PostgresqlEngineProps,
  ) {
    this.title = program.title;
    this.data = path.join(folder, 'data');
  }

  /** Process id of the server. Those of its connections are its children. @throws Error when it does not run */
  public get processId(): number {
    if (this.process === undefined) {
      throw new Error('PostgreSQL does not run');
    }
    return Number(this.pidFile()[PROCESS_LINE]);
  }

  /** Kills the server as a loss of power of its process would, in the middle of what it does. What it answered is still there after `run`. */
  public async kill(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    await process?.stop();
  }

  /** Starts the server again after `kill`; it recovers first. @throws Error when it does not start */
  public async run(): Promise<void> {
    const settings = {
      ...SETTINGS, ...RECOVERY, ...this.props.settings,
      listen_addresses: this.host, port: String(this.port), unix_socket_directories: '',
    };
    const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // A file that a killed server left behind tells of that one. It stays: with it a server knows that another one still has the folder.
    const earlier = this.pidFile()[PROCESS_LINE];
    const started = new GuardedProcess(path.join(this.program.folder, 'postgres'), ['-D', this.data, ...words], environment(), this.program.account);
    let ended: string | undefined;
    void started.ended.then((output) => { ended = output; });
    for (const start = Date.now(); !this.isReady(earlier); await delay(READY_PAUSE_MILLISECONDS)) {
      if (ended !== undefined || Date.now() - start > READY_MILLISECONDS) {
        await started.stop();
        throw new Error(`PostgreSQL did not start: ${ended ?? `it was not ready within ${READY_MILLISECONDS / 1_000} seconds`}`);
      }
    }
    this.process = started;
  }

  /** Ends connections and server, with what they did on disk, and removes the folder where it is one of its own. */
  public async close(): Promise<void> {
    if (this.process !== undefined) {
      // A fast shutdown: what is under way is rolled back.
      process.kill(this.processId, 'SIGINT');
      await this.process.ended;
      await this.kill();
    }
    if (this.props.folder === undefined) {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async initialize(): Promise<void> {
    if (existsSync(path.join(this.data, 'PG_VERSION'))) {
      return;
    }
    mkdirSync(this.data);
    giveTo(this.program.account, this.data);
    const words = ['--pgdata', this.data, '--username', NAME, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'];
    await promisify(execFile)(path.join(this.program.folder, 'initdb'), words, { ...this.program.account, cwd: this.data, env: environment() });
  }

  private isReady(earlier: string | undefined): boolean {
    const lines = this.pidFile();
    return lines[PROCESS_LINE] !== earlier && lines[STATUS_LINE]?.trim() === 'ready';
  }

  private pidFile(): string[] {
    try {
      return readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n');
    } catch {
      return [];
    }
  }
}

/** Without settings of the user for clients and servers of his own. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}
