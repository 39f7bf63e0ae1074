import { HedgedCalls, systemClock } from '../../../lambdas/runtime';

const hedged = new HedgedCalls({ quantile: 0.98, share: 0.02, measuredCalls: 20 }, systemClock);
let calls = 0;
/** Stands for a call that can be slow: here the first one after the others never answers. */
const call = (): Promise<string> => (++calls === 31 ? new Promise(() => undefined) : Promise.resolve(`answer ${calls}`));

async function ask(): Promise<string | undefined> {
  let first: string | undefined;
  await hedged.run(call, (answer) => { first = answer; return true; });
  return first;
}

export const answer = Promise.all(Array.from({ length: 30 }, ask)).then(ask); // "answer 32"
