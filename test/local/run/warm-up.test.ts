import { warmUpOf } from '../../../local/run/warm-up';

describe('a warm-up', () => {
  it('comes before a load that would find the processes cold, and before no other', () => {
    expect([warmUpOf(999), warmUpOf(undefined)]).toEqual([undefined, undefined]);
    expect(warmUpOf(1_000)).toEqual({ seconds: 3, window: 2_000 });
  });

  it('is as long as it is stated to be', () => {
    expect([warmUpOf(10, 20)?.seconds, warmUpOf(undefined, 20)?.seconds, warmUpOf(10_000, 0)]).toEqual([20, 20, undefined]);
  });

  it('has as many payments on their way as the load will have', () => {
    expect([warmUpOf(4_001)?.window, warmUpOf(20_000, 1)?.window]).toEqual([2_001, 10_000]);
  });
});
