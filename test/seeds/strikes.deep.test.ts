import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { runSeeds } from './seeds';

const root = path.join(__dirname, '..', '..');
/** The fewest that are shared among processes. */
const SHARED_SEEDS = 20;
/** Followed by seeds that poll the stream while it fails. */
const FIRST_SEED = 30;

test('seeds that several processes ran add up to the same counts, and readers of the stream are struck too', async () => {
  const { strikes } = await runSeeds({ first: FIRST_SEED, count: SHARED_SEEDS });
  expect(strikes.text).toMatch(/stream-unavailable \(reads\) [1-9]/);
  expect(strikes.text).toMatch(/expire-iterators \(stream\) [1-9]/);
  const output = execFileSync(process.execPath, ['--import', 'tsx', 'test/seeds/main.ts', '--seed', String(FIRST_SEED), '--count', String(SHARED_SEEDS)], {
    cwd: root, encoding: 'utf8',
  });
  expect(output.split('\n')).toContain(strikes.text);
});
