import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { familyTimes, procTimes, psFamily } from '../../../../local/engines/binary/process-times';
import { describeUnless } from '../../../support/describe-unless';

describe('the CPU time of processes', () => {
  it('is read from what ps prints, the process first', () => {
    const text = ['    1     0   0:01.50 /sbin/init', '   42     7   1:02.25 postgres: ledger_writer postgres', '    7     1   2-03:04:05 /usr/bin/postgres -D data', '   43    42   0:00.01 sh', ''].join('\n');
    expect(psFamily(text, 7)).toEqual([
      { pid: 7, title: '/usr/bin/postgres -D data', microseconds: (((2 * 24 + 3) * 60 + 4) * 60 + 5) * 1_000_000 },
      { pid: 42, title: 'postgres: ledger_writer postgres', microseconds: 62_250_000 },
    ]);
  });

  it('is that of a process and its children while they are there', async () => {
    const child = spawn(process.execPath, ['-e', 'let sum = 0; for (let index = 0; index < 5e7; index++) sum += index; console.log(sum); setInterval(() => 0, 1e6)'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const family = (await familyTimes(process.pid))!;
    expect(family[0].pid).toBe(process.pid);
    expect(family.find(({ pid }) => pid === child.pid)!.microseconds).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await familyTimes(child.pid!)).toBeUndefined();
  });

  describeUnless(fs.existsSync('/proc/self/schedstat') ? undefined : 'there is no schedstat', 'of one with a single thread', () => {
    it('is told though it is less than a hundredth of a second', async () => {
      const child = spawn('sleep', ['60'], { stdio: 'ignore' });
      await once(child, 'spawn');
      const { microseconds } = procTimes(child.pid!)!;
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(microseconds).toBeGreaterThan(0);
    });
  });
});
