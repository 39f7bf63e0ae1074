import { FaultInjector } from '../../../../local/engines/table/faults';
import { SeededRandom } from '../../../../local/random/seeded-random';

describe('the fault injector of a table host', () => {
  const drawn = (seed: number, meanwhile: (faults: FaultInjector, random: SeededRandom) => void = () => undefined) => {
    const random = new SeededRandom(seed);
    const faults = new FaultInjector(random);
    faults.set({ lostAnswers: 0.5, expiredIterators: 0.5 });
    return Array.from({ length: 64 }, () => {
      meanwhile(faults, random);
      return faults.dropsAnswer();
    });
  };

  it('draws each fault from a sequence of its own', () => {
    const alone = drawn(1);
    expect(new Set(alone).size).toBe(2);
    expect(drawn(1, (faults) => faults.expiresIterator())).toEqual(alone);
    // As the rolling of shards does.
    expect(drawn(1, (_, random) => random.next())).toEqual(alone);
    expect(drawn(2)).not.toEqual(alone);
  });
});
