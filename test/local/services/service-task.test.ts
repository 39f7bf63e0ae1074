import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ServicePlan } from '../../../local/plan/run-plan';
import { ServiceTask } from '../../../local/services/service-task';
import { temporaryFolder } from '../run/cht';

jest.setTimeout(60_000);

/** A task that tells its process, says when it listens (beside a file `quiet` only when asked), and has one answer that never comes. */
const PROGRAM = `
const http = require('node:http');
if (process.env.FAIL_WITH) process.exit(Number(process.env.FAIL_WITH));
const server = http.createServer((request, response) => {
  if (request.url === '/die') process.exit(4);
  if (request.url === '/say') say();
  if (request.url !== '/hang') response.end(String(process.pid) + ' ' + process.env.GREETING);
});
server.on('error', () => process.exit(1));
const say = () => console.log(JSON.stringify({ event: 'listening', port: server.address().port }));
const isQuiet = require('node:fs').existsSync(require('node:path').join(__dirname, 'quiet'));
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => isQuiet || say());
process.on('SIGTERM', () => process.exit(0));
`;

describe('a task of a service', () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'index.js'), PROGRAM);
  const plan = { name: 'api', codeFolder: folder, environment: { GREETING: 'hello' } } as unknown as ServicePlan;
  let task: ServiceTask | undefined;

  afterEach(async () => {
    await task?.stop();
    task = undefined;
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const ask = async (url: string) => (await fetch(`http://127.0.0.1:${task!.port}${url}`)).text();

  it('is replaced on its port when it was killed; a request that it had gets no answer, and nobody calls it a failure', async () => {
    const unexpected = jest.fn();
    task = await ServiceTask.start(plan, { GREETING: 'good day' }, folder);
    task.onUnexpectedExit = unexpected;
    const { port } = task;
    const before = await ask('/');
    const hanging = ask('/hang').catch(() => 'no answer');
    // The request has to be there before the kill.
    await ask('/');
    await Promise.all([task.kill(), task.kill()]);
    expect(await hanging).toBe('no answer');
    expect(task.port).toBe(port);
    const after = await ask('/');
    expect(after).toMatch(/ good day$/);
    expect(after).not.toBe(before);
    expect(task.kills).toBe(1);
    expect(unexpected).not.toHaveBeenCalled();
  });

  it('reports an end that nobody asked for, also of a process that took the place of another', async () => {
    task = await ServiceTask.start(plan, {}, folder);
    await task.kill();
    const reported = new Promise<Error>((resolve) => (task!.onUnexpectedExit = resolve));
    await ask('/die').catch(() => undefined);
    expect((await reported).message).toMatch(/^api ended early \(exit code 4\)\. Its log: /);
  });

  it('is killed again when that was asked of a process that serves already and was not seen to listen', async () => {
    task = await ServiceTask.start(plan, {}, folder);
    fs.writeFileSync(path.join(folder, 'quiet'), '');
    try {
      const first = await ask('/');
      const killed = task.kill();
      const untilServes = async (): Promise<string> => {
        for (;;) {
          const answer = await ask('/').catch(() => undefined);
          if (answer !== undefined && answer !== first) {
            return answer;
          }
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      const second = await untilServes();
      const hanging = ask('/hang').catch(() => 'no answer');
      await ask('/');
      const again = task.kill();
      fs.rmSync(path.join(folder, 'quiet'));
      await ask('/say').catch(() => undefined);
      expect(await hanging).toBe('no answer');
      await Promise.all([killed, again]);
      expect([first, second]).not.toContain(await ask('/'));
      expect(task.kills).toBe(2);
    } finally {
      fs.rmSync(path.join(folder, 'quiet'), { force: true });
    }
  });

  it('does not start again once it was told to stop', async () => {
    task = await ServiceTask.start(plan, {}, folder);
    const killed = task.kill();
    await task.stop();
    await killed;
    await expect(ask('/')).rejects.toThrow();
    await task.kill();
    expect(task.kills).toBe(1);
  });

  it('says when it ends before it listens', async () => {
    await expect(ServiceTask.start(plan, { FAIL_WITH: '7' }, folder)).rejects.toThrow(/^api ended before it listened \(exit code 7\)\. Its log: /);
  });
});
