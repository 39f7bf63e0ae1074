import { randomScenario } from './random-scenario';
import { simulate } from './simulation';
import type { Defect } from '../verify-checker/planted/defect';

/** Longer than any record may wait without a fault, and shorter than the backlog may take to drain. */
const STALL_MILLISECONDS = 60_000;

/** A mapping that reads nothing of one shard for a while: the first that it asks for. */
function stalledShard(): Defect {
  let stalled: string | undefined;
  return {
    poller: ({ call }, clock) => ({
      call: async <Output>(operation: string, input: object): Promise<Output> => {
        const { ShardId: shard } = input as { ShardId?: string };
        if (operation === 'GetShardIterator' && stalled === undefined) {
          stalled = shard;
          await clock.sleep(STALL_MILLISECONDS);
        }
        return call<Output>(operation, input);
      },
    }),
  };
}

/** Seeds whose load reaches the first shard. Their faults are left out: nothing else makes a record wait. */
const SEEDS = [1, 2, 3];

jest.setTimeout(60_000);

test('a shard that is not read for a while is found by the age of its records, though everything drains in the end', async () => {
  const found: string[][] = [];
  for (const seed of SEEDS) {
    const scenario = { ...randomScenario(seed), faults: [] };
    expect((await simulate(scenario)).violations).toEqual([]);
    const { violations } = await simulate(scenario, stalledShard());
    found.push(violations.map(({ invariant }) => invariant));
    violations.forEach(({ text }) => expect(text).toMatch(/waits for \d+ s; the faults account for 20 s/));
  }
  expect(new Set(found.flat())).toEqual(new Set(['INV9']));
});
