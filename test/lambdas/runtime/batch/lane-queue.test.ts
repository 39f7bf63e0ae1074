import fc from 'fast-check';
import { LaneQueue } from '../../../../lambdas/runtime/batch/lane-queue';

describe('the queue of lanes', () => {
  it('gives the earliest entry of all lanes each time', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), (lanes) => {
      const byLane = new Map<number, number[]>();
      lanes.forEach((lane, entry) => byLane.set(lane, [...byLane.get(lane) ?? [], entry]));
      const queue = new LaneQueue([...byLane.values()].reverse(), (entry) => entry);
      const taken: number[] = [];
      for (let lane = queue.take(); lane !== undefined; lane = queue.take()) {
        taken.push(lane.entries[lane.at]);
        queue.advance(lane);
      }
      expect(taken).toEqual(lanes.map((_, entry) => entry));
    }));
  });
});
