import type { TableFaults } from '../../../local/engines/table/faults';
import { type EngineFaults, FaultController, type FaultEvent, faultNamed, FaultSettingError, type FaultSettings, type FaultTargets } from '../../../local/faults';
import { ManualClock } from '../event-sources/manual-clock';

const START = 1_800_000_000_000;
const UNSTORABLE = { tables: ['ledger-0', 'ledger-1'], keyPrefix: 'poison-' };

interface Call {
  /** Seconds since the controller was started. */
  readonly at: number;
  readonly name: keyof FaultTargets;
  readonly argument: unknown;
}

/** The parts of a run that only note what they are told. */
class NotingTargets implements FaultTargets {
  readonly calls: Call[] = [];
  failing?: keyof FaultTargets;
  delay?: { readonly name: keyof FaultTargets; readonly milliseconds: number };

  constructor(private readonly clock: ManualClock) {}

  readonly tables = (faults: TableFaults) => this.note('tables', faults);
  readonly engine = (faults: EngineFaults) => this.note('engine', faults);
  readonly rollTableShards = () => this.note('rollTableShards', undefined, 3);
  readonly reshard = () => this.note('reshard', undefined, 1);
  readonly armWorkerKill = (moment: string) => this.note('armWorkerKill', moment);
  readonly armApiKill = (moment: string) => this.note('armApiKill', moment);
  readonly disarmKills = () => this.note('disarmKills', undefined);
  readonly putUnreadable = (count: number) => this.note('putUnreadable', count, count);
  readonly killCaches = (seconds: number) => this.note('killCaches', seconds, 1);
  readonly restartDatabases = (seconds: number) => this.note('restartDatabases', seconds, 2);
  readonly load = (faults: { readonly poisonShare: number }) => this.note('load', faults);

  of(name: keyof FaultTargets): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  private async note<Result = void>(name: keyof FaultTargets, argument: unknown, result?: Result): Promise<Result> {
    this.calls.push({ at: (this.clock.now() - START) / 1000, name, argument });
    if (this.failing === name) {
      throw new Error(`${name} is gone`);
    }
    if (this.delay?.name === name) {
      await new Promise<void>((resolve) => this.clock.setTimer(resolve, this.delay!.milliseconds));
    }
    return result as Result;
  }
}

describe('the fault controller', () => {
  let clock: ManualClock;
  let targets: NotingTargets;
  let events: FaultEvent[];

  beforeEach(() => {
    clock = new ManualClock(START);
    targets = new NotingTargets(clock);
    events = [];
  });

  const create = (settings: FaultSettings, seed = 1, loadSeconds = 60) =>
    new FaultController({ settings, seed, targets, ledgerTables: UNSTORABLE.tables, onEvent: (event) => events.push(event), loadSeconds, clock });
  const started = (settings: FaultSettings, seed?: number) => {
    const controller = create(settings, seed);
    controller.start();
    return controller;
  };

  it('does nothing without a fault, and tells every part so at the end', async () => {
    const controller = started({});
    await clock.advance(60_000);
    expect(targets.calls).toEqual([]);
    await controller.stop();
    expect(targets.calls.map(({ name, argument }) => [name, argument])).toEqual([
      ['load', { poisonShare: 0 }], ['disarmKills', undefined], ['tables', {}], ['engine', {}],
    ]);
    expect(events).toEqual([]);
  });

  it.each([['kill-worker', 'armWorkerKill'], ['kill-api', 'armApiKill']] as const)('arms %s once a period, by turns inside and after the effects', async (name, call) => {
    started({ [name]: 4 });
    await clock.advance(40_000);
    const calls = targets.of(call);
    expect(calls.map(({ argument }) => argument).slice(0, 4)).toEqual(['inside', 'after-effects', 'inside', 'after-effects']);
    expect(calls[0].at).toBeGreaterThanOrEqual(2);
    expect(calls[0].at).toBeLessThanOrEqual(4);
    expect(calls.slice(1).map(({ at }, index) => at - calls[index].at)).toEqual(calls.slice(1).map(() => expect.closeTo(4, 6)));
    expect(calls.length).toBe(Math.floor((40 - calls[0].at) / 4) + 1);
    expect(events).toHaveLength(calls.length);
    expect(events[0]).toEqual({ at: START + 1000 * calls[0].at, fault: name, text: expect.stringContaining('kills the next') });
  });

  it('throttles the tables in 5 of every 15 seconds, with 5 seconds of writes to measure first', async () => {
    started({ 'throttle-table': 0.5 });
    await clock.advance(36_000);
    expect(targets.of('tables').map(({ at, argument }) => [at, argument])).toEqual([
      [5, { throttleFactor: 0.5 }], [10, {}], [20, { throttleFactor: 0.5 }], [25, {}], [35, { throttleFactor: 0.5 }],
    ]);
  });

  it('tells both engines of lost answers and expired iterators, always the whole state', async () => {
    const controller = started({ 'lost-answers': 0.1, 'expire-iterators': 0.2, 'slow-handler': 50 });
    await clock.settle();
    expect(targets.of('tables').at(-1)!.argument).toEqual({ lostAnswers: 0.1, expiredIterators: 0.2 });
    expect(targets.of('engine').at(-1)!.argument).toEqual({ slowHandlerMilliseconds: 50, lostAnswers: 0.1, expiredIterators: 0.2 });
    await controller.set('lost-answers', undefined);
    expect(targets.of('tables').at(-1)!.argument).toEqual({ expiredIterators: 0.2 });
    expect(targets.of('engine').at(-1)!.argument).toEqual({ slowHandlerMilliseconds: 50, expiredIterators: 0.2 });
    expect(controller.settings).toEqual({ 'expire-iterators': 0.2, 'slow-handler': 50 });
  });

  it('reshards and rolls shards on a schedule, and counts what was done', async () => {
    const controller = started({ 'reshard': 5, 'roll-table-shards': 10 });
    await clock.advance(30_000);
    expect(targets.of('reshard').length).toBeGreaterThanOrEqual(5);
    expect(controller.resharded).toBe(targets.of('reshard').length);
    expect([2, 3]).toContain(targets.of('rollTableShards').length);
    expect(events.find(({ fault }) => fault === 'roll-table-shards')!.text).toBe('3 closed');
  });

  it('has the tables refuse poisoned keys before the load sends any, and for good', async () => {
    const controller = started({ poison: 0.01 });
    await clock.advance(11_000);
    expect(targets.calls.slice(0, 2).map(({ name, argument }) => [name, argument])).toEqual([['tables', { unstorable: UNSTORABLE }], ['load', { poisonShare: 0.01 }]]);
    expect(controller.unreadable).toBe(targets.of('putUnreadable').length);
    expect(controller.unreadable).toBeGreaterThanOrEqual(5);
    await controller.set('poison', undefined);
    expect(targets.of('load').at(-1)!.argument).toEqual({ poisonShare: 0 });
    const before = controller.unreadable;
    await clock.advance(10_000);
    await controller.stop();
    expect(controller.unreadable).toBe(before);
    expect(targets.of('tables').at(-1)!.argument).toEqual({ unstorable: UNSTORABLE });
  });

  it.each([1, 2, 3, 4, 5])('has one outage of the stream in the middle third of the load, with seed %i', async (seed) => {
    const controller = started({ 'stream-unavailable': 4 }, seed);
    expect(controller.settings).toEqual({ 'stream-unavailable': 4 });
    await clock.advance(60_000);
    const [on, off, ...more] = targets.of('engine');
    expect(on.argument).toEqual({ streamUnavailable: true });
    expect(on.at).toBeGreaterThanOrEqual(20);
    expect(on.at).toBeLessThanOrEqual(40);
    expect(off).toEqual({ at: expect.closeTo(on.at + 4, 6), name: 'engine', argument: {} });
    expect(more).toEqual([]);
    expect(controller.settings).toEqual({});
    expect(events.map(({ text }) => text)).toEqual(['on for 4 s', 'off']);
  });

  it('begins an outage at once on demand, and ends it early', async () => {
    const controller = started({});
    await controller.set('stream-unavailable', 100);
    expect(targets.of('engine').at(-1)!.argument).toEqual({ streamUnavailable: true });
    await clock.advance(1_000);
    await controller.set('stream-unavailable', undefined);
    expect(targets.of('engine').at(-1)!.argument).toEqual({});
    await clock.advance(200_000);
    expect(targets.of('engine')).toHaveLength(2);
    expect(events.map(({ text }) => text)).toEqual(['on for 100 s', 'off']);
  });

  it.each([1, 2, 3])('ends the cache once, in the middle third of the load, with seed %i', async (seed) => {
    const controller = started({ 'kill-cache': 5 }, seed);
    await clock.advance(60_000);
    const [kill, ...more] = targets.of('killCaches');
    expect(kill).toEqual({ at: expect.any(Number), name: 'killCaches', argument: 5 });
    expect(kill.at).toBeGreaterThanOrEqual(20);
    expect(kill.at).toBeLessThanOrEqual(40);
    expect([more, controller.settings, controller.killedCaches]).toEqual([[], {}, 1]);
    expect(events.map(({ text }) => text)).toEqual(['1 ended, back in 5 s', 'off']);
  });

  it.each([1, 2, 3])('ends the databases once, in the middle third of the load, with seed %i', async (seed) => {
    const controller = started({ 'restart-database': 0.5 }, seed);
    await clock.advance(60_000);
    const [restart, ...more] = targets.of('restartDatabases');
    expect(restart).toEqual({ at: expect.any(Number), name: 'restartDatabases', argument: 0.5 });
    expect(restart.at).toBeGreaterThanOrEqual(20);
    expect(restart.at).toBeLessThanOrEqual(40);
    expect([more, controller.settings, controller.restartedDatabases, controller.killedCaches]).toEqual([[], {}, 2, 0]);
    expect(events.map(({ text }) => text)).toEqual(['2 ended, back in 0.5 s', 'off']);
  });

  it('ends the cache at once on demand', async () => {
    const controller = started({});
    await controller.set('kill-cache', 2);
    expect(targets.of('killCaches')).toHaveLength(1);
    await clock.advance(3_000);
    expect([controller.settings, controller.killedCaches]).toEqual([{}, 1]);
  });

  it('takes a new value while it runs, and forgets the schedule of the old one', async () => {
    const controller = started({ 'kill-worker': 1 });
    await clock.advance(3_000);
    await controller.set('kill-worker', 20);
    const before = targets.of('armWorkerKill').length;
    await clock.advance(9_000);
    expect(targets.of('armWorkerKill')).toHaveLength(before);
    await clock.advance(12_000);
    expect(targets.of('armWorkerKill')).toHaveLength(before + 1);
    await controller.set('throttle-table', 0.2);
    expect(controller.settings).toEqual({ 'kill-worker': 20, 'throttle-table': 0.2 });
    await clock.advance(100);
    expect(targets.of('tables').at(-1)!.argument).toEqual({ throttleFactor: 0.2 });
    await controller.set('throttle-table', undefined);
    expect(targets.of('tables').at(-1)!.argument).toEqual({});
  });

  it('ends every fault, whatever is under way, and none begins after', async () => {
    const controller = started({
      'kill-worker': 1, 'kill-api': 2, 'throttle-table': 0.3, 'lost-answers': 0.1, 'reshard': 2,
      'roll-table-shards': 2, 'expire-iterators': 0.1, 'poison': 0.1, 'slow-handler': 10, 'stream-unavailable': 5,
      'kill-cache': 5,
    });
    await clock.advance(7_000);
    await controller.stop();
    expect(targets.of('tables').at(-1)!.argument).toEqual({ unstorable: UNSTORABLE });
    expect(targets.of('engine').at(-1)!.argument).toEqual({});
    expect(targets.of('load').at(-1)!.argument).toEqual({ poisonShare: 0 });
    const count = targets.calls.length;
    await clock.advance(100_000);
    expect(targets.calls).toHaveLength(count);
    await controller.stop();
    expect(targets.calls).toHaveLength(count);
    await expect(controller.set('poison', 0.1)).rejects.toThrow('Poison records: faults end with the load, and it is over.');
  });

  it('keeps one schedule of a fault that is changed twice at once, and ends it', async () => {
    targets.delay = { name: 'tables', milliseconds: 200 };
    const controller = started({});
    const changes = [controller.set('poison', 0.1), controller.set('poison', 0.1)];
    await clock.advance(1_000);
    await Promise.all(changes);
    await clock.advance(20_000);
    const strikes = targets.of('putUnreadable').map(({ at }) => at);
    expect(strikes.length).toBeGreaterThanOrEqual(9);
    expect(strikes.length).toBeLessThanOrEqual(11);
    const stopped = controller.stop();
    await clock.advance(1_000);
    await stopped;
    await clock.advance(20_000);
    expect(targets.of('putUnreadable')).toHaveLength(strikes.length);
    expect(targets.of('load').at(-1)!.argument).toEqual({ poisonShare: 0 });
  });

  it('ends with what was asked for last, whichever change the parts heard late', async () => {
    targets.delay = { name: 'engine', milliseconds: 200 };
    const controller = started({});
    const changes = [controller.set('slow-handler', 5), controller.set('slow-handler', 7), controller.set('slow-handler', undefined)];
    await clock.advance(5_000);
    await Promise.all(changes);
    expect(controller.settings).toEqual({});
    expect(targets.of('engine').every(({ argument }) => Object.keys(argument as object).length === 0)).toBe(true);
    const back = [controller.set('slow-handler', undefined), controller.set('slow-handler', 9)];
    await clock.advance(5_000);
    await Promise.all(back);
    expect(targets.of('engine').at(-1)!.argument).toEqual({ slowHandlerMilliseconds: 9 });
  });

  it.each([
    ['poison', 'load'], ['throttle-table', 'tables'], ['lost-answers', 'engine'], ['slow-handler', 'engine'], ['stream-unavailable', 'engine'],
  ] as const)('begins %s no more when the end overtakes its change', async (name, part) => {
    const controller = started({ poison: 0.1 });
    await controller.set(name, faultNamed(name).suggested);
    await clock.advance(1_000);
    // Switching the old value off takes time, and the faults end meanwhile.
    targets.delay = { name: part, milliseconds: 500 };
    const refused = expect(controller.set(name, faultNamed(name).minimum)).rejects.toThrow('faults end with the load, and it is over');
    await clock.advance(100);
    const stopped = controller.stop();
    await clock.advance(5_000);
    await Promise.all([stopped, refused]);
    const count = targets.calls.length;
    await clock.advance(60_000);
    expect(targets.calls).toHaveLength(count);
    expect(targets.of('tables').at(-1)!.argument).toEqual({ unstorable: UNSTORABLE });
    expect(targets.of('engine').at(-1)!.argument).toEqual({});
    expect(targets.of('load').at(-1)!.argument).toEqual({ poisonShare: 0 });
    expect(controller.settings).toEqual({});
  });

  it('does not give a slow part the strikes that it missed', async () => {
    targets.delay = { name: 'reshard', milliseconds: 5_000 };
    const controller = started({ reshard: 1 });
    await clock.advance(20_000);
    const times = targets.of('reshard').map(({ at }) => at);
    expect(times.length).toBe(4);
    expect(times.slice(1).every((at, index) => at - times[index] > 4.99)).toBe(true);
    const stopped = controller.stop();
    await clock.advance(5_000);
    await stopped;
  });

  it('follows from its seed, each fault by itself', async () => {
    const schedule = async (settings: FaultSettings, seed: number) => {
      targets.calls.length = 0;
      clock = new ManualClock(START);
      targets = new NotingTargets(clock);
      started(settings, seed);
      await clock.advance(60_000);
      return targets.of('reshard').map(({ at }) => at);
    };
    const alone = await schedule({ reshard: 7 }, 5);
    expect(await schedule({ 'reshard': 7, 'kill-worker': 3, 'stream-unavailable': 2 }, 5)).toEqual(alone);
    expect(await schedule({ reshard: 7 }, 6)).not.toEqual(alone);
  });

  it('says at the end that a part did not answer', async () => {
    targets.failing = 'reshard';
    const controller = started({ reshard: 1 });
    await clock.advance(5_000);
    await expect(controller.stop()).rejects.toThrow('reshard is gone');
    expect(targets.of('engine').at(-1)!.argument).toEqual({});
  });

  it('says at once that a part did not answer to a change', async () => {
    const controller = started({});
    targets.failing = 'engine';
    await expect(controller.set('slow-handler', 5)).rejects.toThrow('engine is gone');
    await expect(controller.stop()).rejects.toThrow('engine is gone');
  });

  it('holds values to their bounds, and starts once', async () => {
    expect(() => create({ poison: 2 })).toThrow(FaultSettingError);
    const controller = create({});
    await controller.set('kill-worker', 2);
    await expect(controller.set('kill-worker', 0)).rejects.toThrow('--kill-worker-every must be a number of seconds between 0.1 and 3600, got: 0.');
    controller.start();
    await clock.advance(2_000);
    expect(targets.of('armWorkerKill')).toHaveLength(1);
    expect(() => controller.start()).toThrow('started already');
  });
});
