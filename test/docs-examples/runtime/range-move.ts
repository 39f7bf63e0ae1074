import { MemoryRangeShard, RangeMap, RangeMover } from '../../../lambdas/runtime';

const shards: Record<string, MemoryRangeShard> = { old: new MemoryRangeShard([{ from: '' }]), new: new MemoryRangeShard() };
let map = RangeMap.single('old').split('m');
const publish = async (next: RangeMap) => {
  map = next;
  return 'published' as const;
};
const mover = new RangeMover({ maps: { read: async () => map, publish }, shard: (name) => shards[name] });

export const answer = shards.old.set('zebra', 'striped')
  .then(() => mover.move('zebra', 'new'))
  .then(() => shards[map.shardOf('zebra')].get('zebra'))
  .then(async (value) => [map.shardOf('zebra'), value, await shards.old.get('zebra').catch((error: Error) => error.name)]); // ["new","striped","NotServedError"]
