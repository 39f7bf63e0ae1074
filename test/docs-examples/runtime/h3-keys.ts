import { H3Cells } from '../../../lambdas/runtime';

export const answer = H3Cells.load().then((cells) => {
  const place = cells.at(52.52, 13.405, 9)!;
  // Rows are sharded by the cell of resolution 4 around them, some 1,770 km².
  return [place, cells.shardKey(place, 4), cells.shardKeysAround(place, 3, 4).length];
}); // ["891f1d48947ffff","841f1d5ffffffff",1]
