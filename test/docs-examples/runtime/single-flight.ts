import { SingleFlight } from '../../../lambdas/runtime';

let calls = 0;
const flight = new SingleFlight<number>();
const rate = (): Promise<number> => flight.run('EUR/USD', async () => ++calls);

export const answer = Promise.all([rate(), rate(), rate()]).then(async (first) => [...first, await rate()]); // [1,1,1,2]
