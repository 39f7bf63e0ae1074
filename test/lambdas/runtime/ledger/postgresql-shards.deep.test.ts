import { describeShards } from './postgresql-shards-test';

describeShards(100, 40_000, 12);
