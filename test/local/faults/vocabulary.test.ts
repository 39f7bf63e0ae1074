import {
  faultHelpLines, faultNamed, FAULTS, FaultSettingError, faultSettings, flagWithValue, INVARIANTS, isPoisonKey, missingParts, POISON_KEY_PREFIX,
} from '../../../local/faults';

describe('the vocabulary of faults', () => {
  it('names each fault and each flag once', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    expect(FAULTS.map(flagWithValue)).toEqual([
      '--kill-worker-every S', '--kill-api-every S', '--throttle-table F', '--lost-answers P', '--reshard-every S',
      '--roll-table-shards S', '--expire-iterators P', '--poison P', '--slow-handler MS', '--stream-unavailable S',
      '--kill-cache S', '--restart-database S',
    ]);
  });

  it.each(FAULTS)('suggests a value for $name within its bounds, and names invariants that there are', (fault) => {
    expect(fault.suggested).toBeGreaterThanOrEqual(fault.minimum);
    expect(fault.suggested).toBeLessThanOrEqual(fault.maximum);
    expect(fault.mustHold.length).toBeGreaterThan(0);
    expect(fault.mustHold.filter((name) => !INVARIANTS.some((invariant) => invariant.name === name))).toEqual([]);
    expect(fault.fisAction ?? 'aws:none:exists').toMatch(/^aws:[a-z]+:[a-z-]+$/);
    expect(faultNamed(fault.name)).toBe(fault);
  });

  it('puts every invariant to the test', () => {
    expect(INVARIANTS.filter(({ name }) => !FAULTS.some(({ mustHold }) => mustHold.includes(name)))).toEqual([]);
  });

  it('refuses a name that no fault has', () => {
    expect(() => faultNamed('earthquake')).toThrow(/A fault is one of kill-worker, .*, got: earthquake/);
  });

  it('gives help of one line a fault that fits a terminal of 132 columns', () => {
    expect(faultHelpLines()).toHaveLength(FAULTS.length);
    expect(faultHelpLines()[3]).toBe('  --lost-answers P        cuts the connection after a write took effect, before its answer (try 0.05)');
    expect(faultHelpLines().filter((line) => line.length > 132)).toEqual([]);
  });
});

describe('the settings of a run', () => {
  it('are read from the flags that were given; others are left alone', () => {
    expect(faultSettings({})).toEqual({});
    expect(faultSettings({ 'kill-worker-every': '2.5', 'poison': '.01', 'seconds': 'x' })).toEqual({ 'kill-worker': 2.5, 'poison': 0.01 });
  });

  it.each(FAULTS)('hold $name to its bounds, both included', ({ name, flag, minimum, maximum }) => {
    expect(faultSettings({ [flag]: String(minimum) })).toEqual({ [name]: minimum });
    expect(faultSettings({ [flag]: String(maximum) })).toEqual({ [name]: maximum });
    for (const value of [String(minimum / 2), String(maximum + 1), '', '-1', '1e1', '0x1', 'often', ' 1', 'NaN']) {
      expect(() => faultSettings({ [flag]: value })).toThrow(FaultSettingError);
      expect(() => faultSettings({ [flag]: value })).toThrow(new RegExp(`^--${flag} must be a .* between ${minimum} and ${maximum}, got: ${value}\\.$`));
    }
  });
});

describe('a system that has no part for a fault', () => {
  it('is told so, with the flag and what it strikes', () => {
    expect(missingParts({ 'throttle-table': 0.3 }, ['topic', 'database'])).toBe('--throttle-table strikes a ledger table, and this assembly has none: leave it out.');
    expect(missingParts({ 'kill-worker': 2, 'restart-database': 1 }, ['function', 'stream'])).toMatch(/^--restart-database strikes a database, /);
    expect(missingParts({ poison: 0.1 }, ['stream'])).toMatch(/^--poison strikes a ledger table or a database, /);
  });

  it('is told nothing where one of the parts is there', () => {
    expect(missingParts({ 'kill-worker': 2, 'poison': 0.1, 'stream-unavailable': 1 }, ['worker pod', 'database', 'topic'])).toBeUndefined();
    expect(missingParts({}, [])).toBeUndefined();
  });
});

test('a poisoned key is told by how it begins', () => {
  expect(isPoisonKey(`${POISON_KEY_PREFIX}s1-k1`)).toBe(true);
  expect(isPoisonKey('s1-k1')).toBe(false);
  expect(isPoisonKey('s1-poison-k1')).toBe(false);
});
