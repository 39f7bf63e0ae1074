import fc from 'fast-check';
import { cellToLatLng, getResolution, greatCircleDistance, UNITS } from 'h3-js';
import { containsCardNumber } from '../../../../lambdas/runtime/payment/card-number';
import { H3Cells } from '../../../../lambdas/runtime/sharding/h3-cells';

const BERLIN = [52.52, 13.405] as const;
const latitude = fc.double({ min: -90, max: 90, noNaN: true });
const longitude = fc.double({ min: -180, max: 180, noNaN: true });
let cells: H3Cells;

beforeAll(async () => { cells = await H3Cells.load(); });

describe('H3Cells', () => {
  it('gives every place of a cell the same shard key, also asked through finer cells', () => {
    fc.assert(fc.property(latitude, longitude, fc.integer({ min: 6, max: 15 }), (north, east, fine) => {
      const cell = cells.at(north, east, fine)!;
      const key = cells.shardKey(cell, 3);
      expect(getResolution(key)).toBe(3);
      expect(cells.shardKey(cells.atMost(cell, 4)!, 3)).toBe(key);
      expect(cells.atMost(cell, 15)).toBe(cell);
      expect(containsCardNumber(cell)).toBe(false);
    }), { numRuns: 200 });
  });

  it('has neighbours of the world on the shards that a question about the neighbourhood asks', () => {
    fc.assert(fc.property(latitude, longitude, fc.double({ min: -0.004, max: 0.004, noNaN: true }), (north, east, away) => {
      const home = cells.at(north, east, 9)!;
      const [centre, side] = cellToLatLng(home);
      const near = [Math.max(-90, Math.min(90, centre + away)), Math.max(-180, Math.min(180, side + away))] as const;
      // A cell of resolution 9 is at least 0.2 km across from side to side everywhere: five steps reach a place within half a kilometre.
      fc.pre(greatCircleDistance([centre, side], [...near], UNITS.km) < 0.5);
      expect(cells.shardKeysAround(home, 5, 7)).toContain(cells.shardKey(cells.at(near[0], near[1], 9)!, 7));
    }), { numRuns: 200 });
    const around = cells.shardKeysAround(cells.at(...BERLIN, 9)!, 5, 4);
    expect(around.length).toBeLessThanOrEqual(3);
    // 91 cells of resolution 9 lie in many of resolution 8.
    expect(cells.shardKeysAround(cells.at(...BERLIN, 9)!, 5, 8).length).toBeGreaterThan(10);
    expect(cells.shardKeysAround(cells.at(...BERLIN, 9)!, 0, 4)).toEqual([cells.shardKey(cells.at(...BERLIN, 9)!, 4)]);
  });

  it('knows what is no place, and what is no cell', () => {
    expect(cells.at(91, 0, 5)).toBeUndefined();
    expect(cells.at(0, -181, 5)).toBeUndefined();
    expect(cells.at(Number.NaN, 0, 5)).toBeUndefined();
    expect(cells.atMost('nowhere', 5)).toBeUndefined();
    expect(() => cells.shardKey(cells.at(...BERLIN, 2)!, 3)).toThrow('`cell` must be a cell of H3 of resolution 3 or finer, got: "82');
    expect(() => cells.shardKeysAround('nowhere', 1, 3)).toThrow('`cell` must be a cell of H3');
    expect(() => cells.at(...BERLIN, 16)).toThrow('`resolution` must be a whole number between 0 and 15, got: 16');
    expect(() => cells.shardKeysAround(cells.at(...BERLIN, 9)!, 101, 3)).toThrow('`steps` must be a whole number between 0 and 100, got: 101');
  });
});
