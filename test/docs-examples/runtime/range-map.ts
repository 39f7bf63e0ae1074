import { RangeMap } from '../../../lambdas/runtime';

const map = RangeMap.single('shard-1').split('h').split('p').startMove('k', 'shard-2').switchMove('k').endMove('k');

export const answer = [map.shardOf('k'), map.shardOf('z'), map.shardsOf({ from: 'a', to: 'c' }), map.version]; // ["shard-2","shard-1",["shard-1"],6]
