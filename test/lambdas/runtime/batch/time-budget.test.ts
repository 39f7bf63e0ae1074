import { invocationDeadline } from '../../../../lambdas/runtime/batch/time-budget';

describe('invocationDeadline', () => {
  it.each([
    [60_000, 55_000],
    [10_000, 5_000],
    [3_000, 1_500],
    [0, 0],
  ])('of %i ms that are left uses %i', (remaining, used) => {
    expect(invocationDeadline({ getRemainingTimeInMillis: () => remaining }, 1_000)).toBe(1_000 + used);
  });
});
