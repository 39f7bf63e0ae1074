import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuardedProcess } from '../table/guarded-process';
import type { CacheEngine } from './cache-engine';

/** Names under which distributions install one, in the order of preference. */
const PROGRAMS = ['valkey-server', 'redis-server'];
const HOST = '127.0.0.1';
const HASH_SLOTS = 16_384;
/** A node that has just started waits two seconds before it takes part in a cluster. */
const READY_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 25;
const CALL_MILLISECONDS = 1_000;

/** A program of this machine that is a cache. */
export interface RedisProgram {
  readonly file: string;
  /** `redis 7.0.15` */
  readonly title: string;
}

/** Looks for valkey-server and redis-server on the PATH. Nothing where neither is, or it does not start. */
export function findRedis(searchPath = process.env.PATH ?? ''): RedisProgram | undefined {
  for (const folder of searchPath.split(path.delimiter)) {
    for (const name of PROGRAMS) {
      const program = redisProgram(path.join(folder, name));
      if (program !== undefined) {
        return program;
      }
    }
  }
  return undefined;
}

/** The program in a file, if it is one and runs here. */
export function redisProgram(file: string): RedisProgram | undefined {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
    return undefined;
  }
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  const match = status === 0 ? /^(\w+) server v=(\S+)/i.exec(stdout) : null;
  return match === null ? undefined : { file, title: `${match[1].toLowerCase()} ${match[2]}` };
}

/** A real Redis or Valkey: a cluster of one node that keeps nothing on disk. */
export class RedisServer implements CacheEngine {
  readonly title: string;
  private process: GuardedProcess | undefined;
  private folder: string | undefined;

  constructor(private readonly program: RedisProgram) {
    this.title = program.title;
  }

  async start(port: number): Promise<void> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cache-'));
    this.folder = folder;
    const started = new GuardedProcess(this.program.file, [
      '--port', String(port), '--bind', HOST, '--dir', folder, '--save', '', '--appendonly', 'no', '--loglevel', 'warning',
      '--cluster-enabled', 'yes', '--cluster-announce-ip', HOST, '--cluster-require-full-coverage', 'no',
      '--maxmemory', '256mb', '--maxmemory-policy', 'allkeys-lru',
    ], { PATH: process.env.PATH });
    this.process = started;
    let output: string | undefined;
    void started.ended.then((text) => { output = text; });
    try {
      await this.untilReady(port, () => {
        if (output !== undefined) {
          throw new Error(`${this.title} ended: ${output || 'without a word'}`);
        }
      });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async kill(): Promise<void> {
    await this.process?.stop();
    this.process = undefined;
    if (this.folder !== undefined) {
      fs.rmSync(this.folder, { recursive: true, force: true });
      this.folder = undefined;
    }
  }

  private async untilReady(port: number, check: () => void): Promise<void> {
    const end = Date.now() + READY_MILLISECONDS;
    let hasSlots = false;
    while (Date.now() < end) {
      check();
      const state = await call(port, ['CLUSTER', 'INFO']).catch(() => '');
      if (state.includes('cluster_state:ok')) {
        return;
      }
      if (state !== '' && !hasSlots) {
        const slots = Array.from({ length: HASH_SLOTS }, (_, slot) => String(slot));
        hasSlots = (await call(port, ['CLUSTER', 'ADDSLOTS', ...slots])).startsWith('+OK');
      }
      await delay(PAUSE_MILLISECONDS);
    }
    throw new Error(`${this.title} was not ready after ${READY_MILLISECONDS / 1_000} s`);
  }
}

/** Sends one command on a connection of its own and answers the reply as it came: one line, or a text with its length. */
function call(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, HOST);
    let reply = '';
    socket.setTimeout(CALL_MILLISECONDS, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`));
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1');
      const head = /^\$(\d+)\r\n/.exec(reply);
      const length = head === null ? 0 : head[0].length + Number(head[1]) + 2;
      if (reply.endsWith('\r\n') && reply.length >= length) {
        socket.destroy();
        resolve(reply);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection ended')));
  });
}
