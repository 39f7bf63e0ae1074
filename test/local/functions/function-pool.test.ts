import * as fs from 'node:fs';
import * as path from 'node:path';
import { FunctionPool } from '../../../local/functions/function-pool';
import type { FunctionDefinition } from '../../../local/functions/function-definition';
import { KillSwitch } from '../../../local/functions/kill-switch';
import { temporaryFolder } from '../run/cht';

jest.setTimeout(60_000);

const HANDLER = `
let calls = 0;
exports.handler = async (event, context) => {
  if (event.fail) throw new TypeError('no');
  if (event.die) process.exit(3);
  if (event.hang) await new Promise(() => setInterval(() => undefined, 1000));
  if (event.note) require('node:fs').appendFileSync(event.note, 'effect\\n');
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
  return { calls: ++calls, process: process.pid, greeting: process.env.GREETING, home: process.env.HOME, time: context.getRemainingTimeInMillis() };
};`;

describe('the execution environments of a function', () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'index.js'), HANDLER);
  let pool: FunctionPool;

  const create = (changes: Partial<FunctionDefinition> = {}, killSwitch?: KillSwitch) =>
    (pool = new FunctionPool({
      name: 'worker', arn: 'arn', codeFolder: folder, handler: 'index.handler', timeoutMilliseconds: 20_000, memoryMegabytes: 128,
      environment: { GREETING: 'hello' }, ...changes,
    }, { AWS_REGION: 'eu-west-1' }, folder, killSwitch));
  const payload = async (event: object) => {
    const result = await pool.invoke(event);
    return result.status === 'success' ? (result.payload as Record<string, unknown>) : result;
  };

  afterEach(() => pool.stop());
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('keep their state between invocations, see their variables and nothing of this machine', async () => {
    create();
    const first = await payload({});
    expect(first).toMatchObject({ calls: 1, greeting: 'hello' });
    expect(first).not.toHaveProperty('home');
    expect(await payload({})).toMatchObject({ calls: 2, process: (first as { process: number }).process });
    expect(pool.statistics()).toEqual({ invocations: 2, errors: 0, environments: 1, kills: { inside: 0, afterEffects: 0 }, slowed: 0 });
  });

  it('report an error by type and message, and go on', async () => {
    create();
    expect(await payload({ fail: true })).toEqual({ status: 'functionError', errorType: 'TypeError', message: 'no' });
    expect(await payload({})).toMatchObject({ calls: 1 });
  });

  it('are replaced when they end, and when they take too long', async () => {
    create({ timeoutMilliseconds: 3_000 });
    expect(await payload({ die: true })).toMatchObject({ status: 'functionError', errorType: 'Runtime.ExitError' });
    expect(await payload({ hang: true })).toMatchObject({ status: 'functionError' });
    expect(await payload({})).toMatchObject({ calls: 1 });
    expect(pool.statistics()).toMatchObject({ invocations: 3, errors: 2 });
  });

  it('are never more than are reserved: the rest is throttled', async () => {
    create({ reservedConcurrency: 1 });
    const running = payload({ wait: 500 });
    expect(await payload({})).toEqual({ status: 'throttled' });
    expect(await running).toMatchObject({ calls: 1 });
  });

  it('wait where only this machine has no room', async () => {
    create();
    const results = await Promise.all(Array.from({ length: 6 }, () => payload({ wait: 200 })));
    expect(results.every((result) => 'calls' in result)).toBe(true);
    expect(pool.statistics().environments).toBeLessThanOrEqual(4);
  });

  it('see a change of the variables from the next invocation on', async () => {
    create();
    const running = payload({ wait: 500 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    pool.updateEnvironment({ GREETING: 'good bye' });
    expect(await running).toMatchObject({ greeting: 'hello' });
    expect(await payload({})).toMatchObject({ greeting: 'good bye', calls: 1 });
  });

  describe('under a kill switch', () => {
    const effects = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').length - 1 : 0);

    it('lose an invocation after its effects, and none else', async () => {
      const killSwitch = new KillSwitch();
      create({}, killSwitch);
      const note = path.join(folder, 'after-effects');
      killSwitch.arm('after-effects');
      expect(await payload({ note })).toMatchObject({ status: 'functionError', errorType: 'Runtime.ExitError', message: expect.stringContaining('SIGKILL') });
      expect(effects(note)).toBe(1);
      expect(await payload({ note })).toMatchObject({ calls: 1 });
      expect(pool.statistics()).toMatchObject({ invocations: 2, errors: 1, kills: { inside: 0, afterEffects: 1 } });
    });

    it('keep the kill for an invocation that succeeds', async () => {
      const killSwitch = new KillSwitch();
      create({}, killSwitch);
      killSwitch.arm('after-effects');
      expect(await payload({ fail: true })).toMatchObject({ errorType: 'TypeError' });
      expect(pool.statistics().kills).toEqual({ inside: 0, afterEffects: 0 });
      expect(await payload({})).toMatchObject({ errorType: 'Runtime.ExitError' });
      expect(pool.statistics().kills).toEqual({ inside: 0, afterEffects: 1 });
    });

    it('lose an invocation inside, and never one whose environment still loads', async () => {
      const killSwitch = new KillSwitch();
      create({}, killSwitch);
      const note = path.join(folder, 'inside');
      killSwitch.arm('inside');
      // The first one loads the handler, the second one tells how long an invocation takes.
      expect(await payload({ wait: 300 })).toMatchObject({ calls: 1 });
      expect(await payload({ wait: 300 })).toMatchObject({ calls: 2 });
      // It takes the kill, which strikes within a length that was seen.
      expect(await payload({ note, wait: 15_000 })).toMatchObject({ status: 'functionError', errorType: 'Runtime.ExitError' });
      expect(pool.statistics()).toMatchObject({ errors: 1, kills: { inside: 1, afterEffects: 0 } });
      expect(await payload({})).toMatchObject({ calls: 1 });
    });

    it('share it with other functions', async () => {
      const killSwitch = new KillSwitch();
      const other = create({}, killSwitch);
      create({ name: 'projector' }, killSwitch);
      killSwitch.arm('after-effects');
      expect(await payload({})).toMatchObject({ errorType: 'Runtime.ExitError' });
      expect(await other.invoke({})).toMatchObject({ status: 'success' });
      await other.stop();
    });
  });

  it('begin later when slowed down, within their timeout', async () => {
    create({ timeoutMilliseconds: 6_000 });
    await payload({});
    pool.slowDown(500);
    const { time } = (await payload({})) as { time: number };
    expect(time).toBeLessThanOrEqual(5_500);
    pool.slowDown(6_500);
    expect(await payload({})).toMatchObject({ status: 'functionError', errorType: 'Runtime.ExitError' });
    pool.slowDown(0);
    expect(await payload({})).toMatchObject({ calls: 1 });
    expect(pool.statistics()).toMatchObject({ invocations: 4, errors: 1, slowed: 2, kills: { inside: 0, afterEffects: 0 } });
  });
});
