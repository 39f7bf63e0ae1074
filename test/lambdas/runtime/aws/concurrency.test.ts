import { chunksOf, forEachConcurrently } from '../../../../lambdas/runtime/aws/concurrency';

describe('forEachConcurrently', () => {
  it('starts in order and keeps the limit', async () => {
    let busy = 0;
    let most = 0;
    const started: number[] = [];
    await forEachConcurrently([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
      started.push(item);
      most = Math.max(most, ++busy);
      await new Promise((resolve) => { setTimeout(resolve, 2); });
      busy--;
    });
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(3);
  });

  it('throws the first error when all that was started has ended, and starts nothing more', async () => {
    const ended: number[] = [];
    await expect(forEachConcurrently([0, 1, 2, 3], 2, async (item) => {
      await new Promise((resolve) => { setTimeout(resolve, item === 0 ? 1 : 10); });
      ended.push(item);
      if (item === 0) {
        throw new Error('first');
      }
    })).rejects.toThrow('first');
    expect(ended).toEqual([0, 1]);
  });
});

describe('chunksOf', () => {
  it('cuts into groups, the last of which may be smaller', () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([], 2)).toEqual([]);
  });
});
