import type { FaultEvent, FaultSettings, FaultTargets } from '../../../local/faults';
import { RunFaults } from '../../../local/run/run-faults';

const ENGINE = {
  faults: {
    workerKills: { inside: 2, afterEffects: 3 }, apiKills: { inside: 4, afterEffects: 3 },
    slowedInvocations: 0, lostAnswers: 1, expiredIterators: 0, unavailableCalls: 0,
  },
};
const TABLES = { faults: { lostAnswers: 2, expiredIterators: 0, refusedKeys: 0, rolledShards: 0, throttledByFault: 0 } };

describe('the faults of a run', () => {
  let events: FaultEvent[];
  let faults: RunFaults;

  const nothing = async () => undefined;
  const none = async () => 0;
  const targets: FaultTargets = {
    tables: nothing, engine: nothing, load: nothing, armWorkerKill: nothing, armApiKill: nothing, disarmKills: nothing,
    rollTableShards: none, reshard: none, putUnreadable: async (count) => count, killCaches: async () => 2, restartDatabases: async () => 3,
  };
  const started = (settings: FaultSettings) => {
    events = [];
    const system = { faultTargets: targets, ledgerTables: ['ledger-0'] };
    faults = new RunFaults(system, { settings, seed: 1, loadSeconds: 30, onEvent: (event) => events.push(event) });
    faults.start();
  };

  it('counts a kill of a task only where the stream held a call of it, and tells the moments apart', async () => {
    started({ 'kill-worker': 2, 'kill-api': 8, 'lost-answers': 0.1 });
    await faults.stop();
    expect(faults.askedCounts(ENGINE, TABLES)).toEqual({ 'kill-worker': 5, 'kill-api': 7, 'lost-answers': 3 });
    expect(faults.killMoments(ENGINE)).toEqual({ inside: 6, afterEffects: 6 });
  });

  it('counts the caches that were ended', async () => {
    started({});
    await faults.set('kill-cache', 0.1);
    await faults.stop();
    expect(faults.askedCounts(ENGINE, TABLES)).toEqual({ 'kill-cache': 2 });
  });

  it('counts the databases that were ended, and the keys that they refused', async () => {
    started({});
    await faults.set('restart-database', 0.1);
    await faults.set('poison', 0.1);
    await faults.stop();
    expect(faults.askedCounts({ faults: { ...ENGINE.faults, refusedKeys: 4 } }, TABLES)).toEqual({ 'restart-database': 3, 'poison': 4 });
  });

  it('has not seen poison before a table refused a key, whatever else was put into the stream', async () => {
    jest.useFakeTimers();
    try {
      started({ poison: 0.1 });
      await jest.advanceTimersByTimeAsync(10_000);
      await faults.stop();
    } finally {
      jest.useRealTimers();
    }
    expect(faults.unreadable).toBeGreaterThan(0);
    expect(faults.askedCounts(ENGINE, TABLES)).toEqual({ poison: 0 });
    expect(faults.askedCounts(ENGINE, { faults: { ...TABLES.faults, refusedKeys: 2 } })).toEqual({ poison: 2 });
  });

  it('asks nothing of a fault that was switched on by hand and ended unseen, and says so once', async () => {
    started({ reshard: 3600 });
    await faults.set('kill-api', 8);
    await faults.set('slow-handler', 10);
    await faults.set('slow-handler', undefined);
    // By hand, too; the command line asked for it all the same.
    await faults.set('reshard', 1800);
    await faults.set('reshard', undefined);
    await faults.stop();
    expect(faults.askedCounts(ENGINE, TABLES)).toEqual({ 'kill-api': 7, 'reshard': 0 });
    const unseen = () => events.filter(({ text }) => text.includes('before it struck')).map(({ fault }) => fault);
    expect(unseen()).toEqual(['slow-handler']);
    expect(faults.askedCounts(ENGINE, TABLES)).toEqual({ 'kill-api': 7, 'reshard': 0 });
    expect(unseen()).toEqual(['slow-handler']);
  });
});
