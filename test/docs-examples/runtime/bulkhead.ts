import { Bulkhead } from '../../../lambdas/runtime';

const reports = new Bulkhead({ concurrency: 2, queue: 1 });

const calls = Array.from({ length: 4 }, (_, call) => reports.run(async () => `report ${call}`));

const ended = Promise.allSettled(calls);

export const answer = ended.then((all) => all.map(({ status }) => status)); // ["fulfilled","fulfilled","fulfilled","rejected"]
