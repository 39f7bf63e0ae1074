import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChildProcess } from '../../../../local/processes/child-process';
import { processEntry } from '../../../../local/processes/entry';
import type { TableHostReady } from '../../../../local/processes/table-host';
import { configurationOf, LEDGER, RawClient } from './support';

/** Each host is a Node.js process that compiles its sources first. */
const SLOW = 30_000;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'table-host-process-'));

/** Process ids of everything below a process. */
function descendants(processId: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] => table.filter(([, of]) => of === parent).flatMap(([id]) => [id, ...below(id)]);
  return below(processId);
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(processIds: readonly number[]): Promise<number[]> {
  for (let attempt = 0; attempt < 100 && processIds.some(isRunning); attempt++) {
    await delay(30);
  }
  return processIds.filter(isRunning);
}

/** Starts a table host the way the runner does, as a process that can be treated badly. */
async function startHost(): Promise<{ host: ReturnType<typeof fork>; port: number; below: number[] }> {
  const entry = processEntry('table-host');
  const host = fork(entry.file, [], { execArgv: entry.execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  host.send({ type: 'configure', configuration: configurationOf(LEDGER) });
  const [message] = await once(host, 'message');
  const below = descendants(host.pid as number).filter((id) => /dynoxide|sh/.test(fs.readFileSync(`/proc/${id}/comm`, 'utf8')));
  return { host, port: message.port, below };
}

describe('table host process', () => {
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('serves the configured tables until it is told to stop', async () => {
    const child = await ChildProcess.start<TableHostReady>({
      name: 'table host', entry: 'table-host', configuration: configurationOf(LEDGER), logFile: path.join(folder, 'log'),
    });
    const client = new RawClient(child.ready.port);
    expect(child.ready.engine).toMatch(/^dynoxide /);
    await client.call('ExecuteStatement', { Statement: "INSERT INTO ledger VALUE {'pk':'a','sk':'b'}" });
    expect(await child.request('statistics')).toMatchObject({ tables: { ledger: { writes: 1, streamRecords: 1 } } });
    client.close();
    const below = descendants(child.processId as number);
    expect(below.length).toBeGreaterThanOrEqual(2);
    await child.stop();
    expect(await gone(below)).toEqual([]);
  }, SLOW);

  it('says why it does not start', async () => {
    await expect(ChildProcess.start({
      name: 'table host', entry: 'table-host', configuration: configurationOf({ ...LEDGER, partitions: 0 }), logFile: path.join(folder, 'log'),
    })).rejects.toThrow('`partitions` of `ledger` must be a whole number of at least 1, got: 0');
  }, SLOW);

  it('leaves no engine behind when its parent goes, when it is terminated, or when it is killed', async () => {
    const ends: ((host: ReturnType<typeof fork>) => void)[] = [(host) => host.disconnect(), (host) => host.kill('SIGTERM'), (host) => host.kill('SIGKILL')];
    await Promise.all(ends.map(async (end) => {
      const { host, below } = await startHost();
      expect(below).toHaveLength(2);
      expect(below.every(isRunning)).toBe(true);
      end(host);
      expect(await gone([host.pid as number, ...below])).toEqual([]);
    }));
  }, SLOW);

  it('stays when Ctrl-C reaches it, out of whose reach its engine is, and tells the runner when its engine is gone', async () => {
    const { host, port, below } = await startHost();
    const client = new RawClient(port);
    try {
      const groupOf = (pid: number): number => Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
      expect(below.map(groupOf)).toEqual([below[0], below[0]]);
      host.kill('SIGINT');
      await delay(50);
      expect((await client.call('DescribeTable', { TableName: 'ledger' })).status).toBe(200);
      const told = once(host, 'message');
      process.kill(below[1], 'SIGKILL');
      expect((await told)[0]).toEqual({ type: 'event', name: 'failed', payload: 'The table engine dynoxide has ended' });
    } finally {
      client.close();
      host.send({ type: 'stop' });
    }
    expect(await gone([host.pid as number, ...below])).toEqual([]);
  }, SLOW);
});
