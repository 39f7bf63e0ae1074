import { BoundedPlacement, HashRing } from '../../../lambdas/runtime';

const placement = new BoundedPlacement(new HashRing(['a', 'b', 'c']), 1.25);
for (let key = 0; key < 300; key++) {
  placement.place(`key-${key}`);
}
const before = placement.capacity;
const moved = placement.addNode('d');

export const answer = [before, placement.capacity, Math.max(...['a', 'b', 'c', 'd'].map((node) => placement.loadOf(node))) <= placement.capacity, moved.size < 150]; // [125,94,true,true]
