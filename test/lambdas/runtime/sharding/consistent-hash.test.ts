import fc from 'fast-check';
import { BoundedPlacement } from '../../../../lambdas/runtime/sharding/bounded-placement';
import { HashRing } from '../../../../lambdas/runtime/sharding/hash-ring';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `node-${index}`);
const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key-${index}`);

describe('HashRing', () => {
  it('does not depend on the order of the nodes', () => {
    fc.assert(fc.property(fc.shuffledSubarray(names(6), { minLength: 6 }), fc.string(), (nodes, key) => {
      expect(new HashRing(nodes, 16).nodeOf(key)).toBe(new HashRing(names(6), 16).nodeOf(key));
    }));
  });

  it('gives a new node its share, and moves nothing else', () => {
    const before = new HashRing(names(9));
    const after = before.with('node-9');
    const moved = keys(5_000).filter((key) => before.nodeOf(key) !== after.nodeOf(key));
    expect(moved.every((key) => after.nodeOf(key) === 'node-9')).toBe(true);
    expect(Math.abs(moved.length - 500)).toBeLessThan(200);
    const back = after.without('node-9');
    expect(keys(500).every((key) => back.nodeOf(key) === before.nodeOf(key))).toBe(true);
  });

  it('names every node once for a key, its own first', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.string(), (count, key) => {
      const ring = new HashRing(names(count), 8);
      const order = [...ring.nodesFrom(key)];
      expect(order[0]).toBe(ring.nodeOf(key));
      expect([...order].sort()).toEqual(names(count).sort());
    }));
  });

  it('goes to the next node when the first has gone', () => {
    const ring = new HashRing(names(5), 16);
    for (const key of keys(50)) {
      const [first, second] = ring.nodesFrom(key);
      expect(ring.without(first).nodeOf(key)).toBe(second);
    }
  });

  it('refuses no nodes, and one that comes twice', () => {
    expect(() => new HashRing([])).toThrow('`nodes` must be at least 1 name, each once, got: []');
    expect(() => new HashRing(['a', 'a'])).toThrow('`nodes` must be at least 1 name, each once');
    expect(() => new HashRing(['a'], 0)).toThrow('`pointsPerNode` must be a whole number between 1 and 10000, got: 0');
  });
});

describe('BoundedPlacement', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('place' as const), which: fc.nat(60) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(60) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('addNode' as const, 'removeNode' as const), which: fc.nat(9) }) },
  );

  it('never gives a node more than its bound, and says of every key that moves', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(1.01, 1.25, 2), (steps, balance) => {
      const placement = new BoundedPlacement(new HashRing(names(4), 16), balance);
      const nodes = new Set(names(4));
      const where = new Map<string, string>();
      for (const { kind, which } of steps) {
        const [key, node] = [`key-${which}`, `node-${which}`];
        let moved: ReadonlyMap<string, string> = new Map();
        if (kind === 'place') {
          where.set(key, placement.place(key));
        } else if (kind === 'remove') {
          moved = placement.remove(key);
          where.delete(key);
        } else if (kind === 'addNode' && !nodes.has(node)) {
          nodes.add(node);
          moved = placement.addNode(node);
        } else if (kind === 'removeNode' && nodes.has(node) && nodes.size > 1) {
          nodes.delete(node);
          moved = placement.removeNode(node);
        }
        moved.forEach((to, it) => where.set(it, to));
        // The bound of the paper: c times the mean, rounded up.
        const loads = [...nodes].map((it) => placement.loadOf(it));
        expect(Math.max(...loads)).toBeLessThanOrEqual(Math.ceil(balance * where.size / nodes.size));
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(where.size);
      }
      expect(new Map([...where.keys()].map((key) => [key, placement.nodeOf(key)]))).toEqual(where);
      for (const node of nodes) {
        expect(placement.loadOf(node)).toBe([...where.values()].filter((at) => at === node).length);
      }
    }), { numRuns: 100 });
  });

  it('moves keys on when others go and nodes may have less', () => {
    const placement = new BoundedPlacement(new HashRing(names(2)), 1.01);
    const placed = keys(40).map((key) => [key, placement.place(key)] as const);
    const [lighter, fuller] = [...names(2)].sort((one, other) => placement.loadOf(one) - placement.loadOf(other));
    const moved = placed.filter(([, node]) => node === lighter).flatMap(([key]) => [...placement.remove(key)]);
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.every(([, to]) => to === lighter)).toBe(true);
    expect(placement.loadOf(fuller)).toBeLessThanOrEqual(Math.ceil(1.01 * placement.size / 2));
  });

  it('keeps to the ring where there is room, and goes on along it where there is none', () => {
    const ring = new HashRing(names(5));
    const placement = new BoundedPlacement(ring, 1.5);
    let atHome = 0;
    for (const [index, key] of keys(1_000).entries()) {
      const capacity = Math.ceil(1.5 * (index + 1) / 5);
      const expected = [...ring.nodesFrom(key)].find((node) => placement.loadOf(node) < capacity);
      expect([placement.place(key), placement.place(key)]).toEqual([expected, expected]);
      atHome += expected === ring.nodeOf(key) ? 1 : 0;
    }
    expect(atHome).toBeGreaterThan(850);
  });

  it('gives a new node what belongs to it, and moves little else', () => {
    const placement = new BoundedPlacement(new HashRing(names(9)), 1.5);
    keys(2_000).forEach((key) => placement.place(key));
    const moved = placement.addNode('node-9');
    expect(placement.loadOf('node-9')).toBeGreaterThan(100);
    expect(moved.size).toBeLessThan(600);
    const loads = names(9).map((node) => placement.loadOf(node));
    expect(placement.removeNode('node-9').size).toBeGreaterThan(100);
    names(9).forEach((node, index) => expect(placement.loadOf(node)).toBeGreaterThanOrEqual(loads[index]));
  });

  it.each([1, 0, 11, Number.NaN])('refuses a balance of %p', (balance) => {
    expect(() => new BoundedPlacement(new HashRing(['a']), balance)).toThrow(`\`balance\` must be above 1 and at most 10, got: ${balance}`);
  });
});
