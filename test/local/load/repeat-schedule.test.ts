import type { ClientPayment } from '../../../local/load/payment-mix';
import { RepeatSchedule } from '../../../local/load/repeat-schedule';
import { SeededRandom } from '../../../local/random/seeded-random';

const payments = (count: number, name = 'p') => Array.from({ length: count }, (_, index) => ({ idempotencyKey: `${name}${index}` }) as ClientPayment);

describe('what clients send again', () => {
  let schedule: RepeatSchedule;

  beforeEach(() => {
    schedule = new RepeatSchedule(new SeededRandom(1));
  });

  const takeAll = (now: number) => {
    const taken = [];
    for (let repeat = schedule.takeDue(now); repeat; repeat = schedule.takeDue(now)) {
      taken.push(repeat);
    }
    return taken;
  };

  it('comes in the order in which it is due, and not before', () => {
    [300, 100, 200, 100].forEach((at, index) => schedule.add({ at, payments: payments(1, String(index)), repeats: 0 }));
    expect(schedule.nextAt).toBe(100);
    expect(schedule.takeDue(99)).toBeUndefined();
    expect(takeAll(250).map(({ at }) => at)).toEqual([100, 100, 200]);
    expect(schedule.nextAt).toBe(300);
    expect(takeAll(300)).toHaveLength(1);
    expect(schedule.nextAt).toBe(Infinity);
  });

  it('waits twice as long after each try, up to a longest, and at least as long as the answer asks for', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7].map((repeats) => {
      schedule.failed(payments(1), 1_000, repeats);
      const [repeat] = takeAll(Infinity);
      expect(repeat.repeats).toBe(repeats + 1);
      return repeat.at - 1_000;
    });
    const means = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];
    expect(delays.every((delay, index) => delay >= means[index] / 2 && delay <= 1.5 * means[index])).toBe(true);
    schedule.failed(payments(1), 1_000, 0, 30);
    expect(schedule.nextAt).toBe(31_000);
  });

  it('is given up after eight times', () => {
    schedule.failed(payments(3), 0, 8);
    expect(schedule.nextAt).toBe(Infinity);
  });

  it('is bounded: what does not fit is given up, and there is room again once something was sent', () => {
    const fail = (requests: number) => {
      for (let index = 0; index < requests; index++) {
        schedule.failed(payments(50), 0, 0);
      }
    };
    fail(500);
    expect(takeAll(Infinity).reduce((sum, repeat) => sum + repeat.payments.length, 0)).toBe(20_000);
    fail(500);
    expect(takeAll(Infinity)).toHaveLength(400);
  });
});
