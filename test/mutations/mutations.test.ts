import { faultOf, FEWEST_OF_A_PATTERN, readMutations } from './mutation';

const mutations = readMutations();

describe('the mutations of the runtime', () => {
  it('break lines that are there', () => {
    expect(mutations.flatMap((mutation) => faultOf(mutation) ?? [])).toEqual([]);
  });

  it('are enough of each pattern, and none twice', () => {
    const counts = new Map<string, number>();
    mutations.forEach(({ pattern }) => counts.set(pattern, (counts.get(pattern) ?? 0) + 1));
    expect([...counts].filter(([, count]) => count < FEWEST_OF_A_PATTERN)).toEqual([]);
    expect(new Set(mutations.map((mutation) => JSON.stringify(mutation))).size).toBe(mutations.length);
  });
});
