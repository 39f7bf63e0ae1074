import { FAULTS } from '../../local/faults';
import type { Verdict } from '../../local/run/verdict';
import { lanesOfThisMachine } from '../support/lanes';
import { complaints, summary } from './judgement';
import { readOptions } from './options';

const percentiles = { p50: 1, p95: 2, p99: 3, p999: 4 };
const ALL = FAULTS.map(({ name }) => name);

/** The verdict of a run on which every fault struck and nothing went wrong. */
const GOOD = {
  sent: 1000, acked: 900, refused: 60, unanswered: 40, late: 0,
  applied: 880, duplicates: 10, rejected: 0, parked: 10, lost: 0, doubled: 0, outOfBalance: 0,
  redelivered: 50, throttled: 20, kills: 9, killMoments: { inside: 4, afterEffects: 5 },
  parkedUnreadable: 4, unreadablePut: 4, drained: true, handlerErrors: 5,
  faults: Object.fromEntries(ALL.map((name) => [name, 3])),
  paymentsPerSecond: 100, acceptMs: percentiles, settleMs: percentiles, engine: {}, seed: 1, templateHash: '',
} as Verdict;

const judged = (changes: Partial<Verdict>, exitCode = 0) => complaints({ verdict: { ...GOOD, ...changes }, exitCode }, ALL, 120);

describe('a run under faults', () => {
  it('passes when every fault was seen and nothing else was', () => {
    expect(judged({})).toEqual([]);
    expect(complaints({ verdict: { ...GOOD, faults: { reshard: 1 }, kills: 0, redelivered: 0, throttled: 0 }, exitCode: 0 }, ['reshard'], 30)).toEqual([]);
  });

  it.each<[string, Partial<Verdict>, string]>([
    ['lost', { lost: 1 }, 'lost 1, doubled 0, out of balance 0'],
    ['doubled', { doubled: 2 }, 'lost 0, doubled 2, out of balance 0'],
    ['out of balance', { outOfBalance: 3 }, 'lost 0, doubled 0, out of balance 3'],
    ['not drained', { drained: false }, 'the backlog did not drain'],
    ['without an acknowledgement', { acked: 0 }, 'nothing was acknowledged that a fault could have touched'],
    ['without a kill', { kills: 0 }, 'kills is 0'],
    ['without a kill inside', { killMoments: { inside: 0, afterEffects: 9 } }, 'no kill hit inside'],
    ['without a kill after the effects', { killMoments: { inside: 9, afterEffects: 0 } }, 'no kill hit after the effects'],
    ['without a redelivery', { redelivered: 0 }, 'redelivered is 0'],
    ['without an error', { handlerErrors: 0 }, 'handlerErrors is 0'],
    ['without a throttled write', { throttled: 0 }, 'throttled is 0'],
    ['without a parked payment', { parked: 0 }, 'parked is 0'],
    ['with an unreadable record too few', { parkedUnreadable: 3 }, '4 records of random bytes were put and 3 are parked'],
    ['with no unreadable record', { parkedUnreadable: 0, unreadablePut: 0 }, 'parkedUnreadable is 0'],
  ])('fails when it is %s, whatever its exit code', (_, changes, message) => {
    expect(judged(changes)).toEqual([message]);
    expect(judged(changes, 1)).toEqual([message]);
  });

  it.each(ALL)('fails when %s was not seen', (name) => {
    expect(judged({ faults: { ...GOOD.faults, [name]: 0 } })).toEqual([`${name} was not seen`]);
    const { [name]: _, ...others } = GOOD.faults;
    expect(judged({ faults: others })).toEqual([`${name} was not seen`]);
  });

  it('need not see both moments of a kill where it was too short, or where nothing was to be killed', () => {
    const verdict = { ...GOOD, killMoments: { inside: 1, afterEffects: 0 } };
    expect(complaints({ verdict, exitCode: 0 }, ['kill-api'], 20)).toEqual([]);
    expect(complaints({ verdict, exitCode: 0 }, ['kill-api'], 30)).toEqual(['no kill hit after the effects']);
    expect(complaints({ verdict, exitCode: 0 }, ['kill-worker'], 20)).toEqual(['no kill hit after the effects']);
    expect(complaints({ verdict, exitCode: 0 }, ['poison'], 120)).toEqual([]);
  });

  it('fails with the run, and without a verdict', () => {
    expect(judged({}, 1)).toEqual([expect.stringContaining('the run ended with exit code 1')]);
    expect(complaints({ verdict: undefined, exitCode: 2 }, ALL, 30)).toEqual(['the run gave no verdict (exit code 2)']);
  });

  it('is told in one line', () => {
    expect(summary(GOOD, ['reshard'])).toBe('seen 3; acked 900, kills 9 (4 inside, 5 after the effects), redelivered 50, throttled 20, parked 10');
    expect(summary(GOOD, ['reshard', 'poison'])).toContain('reshard 3, poison 3; acked 900');
  });
});

describe('the options of verify:faults', () => {
  it('have the stated defaults', () => {
    expect(readOptions([])).toEqual({ seconds: 30, togetherSeconds: 120, seeds: 3, rate: 300, only: ALL, lanes: lanesOfThisMachine(), profile: 'serverless' });
  });

  it('can make it shorter', () => {
    expect(readOptions(['--seconds', '10', '--together-seconds', '0', '--seeds', '1', '--rate', '50', '--only', 'poison,reshard', '--lanes', '1', '--profile', 'kubernetes']))
      .toEqual({ seconds: 10, togetherSeconds: 0, seeds: 1, rate: 50, only: ['poison', 'reshard'], lanes: 1, profile: 'kubernetes' });
  });

  it.each([
    [['--seconds', '9'], '--seconds must be a whole number between 10 and 3600, got: 9'],
    [['--lanes', '0'], '--lanes must be a whole number between 1 and 16, got: 0'],
    [['--seeds', 'many'], '--seeds must be a whole number between 1 and 1000, got: many'],
    [['--only', 'fire'], 'A fault is one of'],
    [['--profile', 'virtual'], '--profile must be one of serverless, kubernetes, got: virtual'],
    [['--colour'], '--colour'],
  ])('say what is wrong with %j', (words, message) => {
    expect(() => readOptions(words)).toThrow(message);
  });
});
