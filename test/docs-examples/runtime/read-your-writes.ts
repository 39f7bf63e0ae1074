import { encodeReceipt, SessionReads, SessionToken } from '../../../lambdas/runtime';

const receipt = encodeReceipt({ shardId: 'shardId-7', sequenceNumber: '4711', index: 0 }, Date.now());
const token = SessionToken.NONE.afterReceipt(receipt)!;
const reads = (reached: string) => new SessionReads({ applied: async () => new Map([['shardId-7', reached]]) });
const places = { replica: async () => 'from the replica', source: async () => 'from the source' };

export const answer = Promise.all(['4710', '4711'].map(async (reached) => (await reads(reached).read(token, places)).value)); // ["from the source","from the replica"]
