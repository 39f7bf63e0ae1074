import { describeShards } from './postgresql-shards-test';

describeShards(6, 2_000, 4);
