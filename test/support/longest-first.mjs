import Sequencer from '@jest/test-sequencer';

/** Test files that start processes, or are at work for long, however short their text is. */
const LONG = [
  'test/local/run/run.test.ts',
  'test/apps/payment-reference.test.ts',
  'test/seeds/seeds.test.ts',
  'test/cli/cht.test.ts',
  'test/cli/plan-answers.test.ts',
  'test/local/functions/function-pool.test.ts',
  'test/seeds/stalled-shard.test.ts',
  'test/local/dashboard/dashboard.test.ts',
  'test/lib/sizing/latency-budget.test.ts',
  'test/cli/growth.test.ts',
  'test/local/run/environments.deep.test.ts',
  'test/local/run/load.deep.test.ts',
  'test/local/run/replay.deep.test.ts',
  'test/lib/sizing/properties.deep.test.ts',
];

/**
 * Begins with the files that take longest, so that no core is left alone with one of them at the end. On a machine that has run the tests before
 * jest knows by itself; on a fresh one it goes by the size of the files.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((name) => path.endsWith(`/${name}`));
      return index < 0 ? LONG.length : index;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
