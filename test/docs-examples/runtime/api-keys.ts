import { hash } from 'node:crypto';
import { ApiKeyVerifier } from '../../../lambdas/runtime';

const [old, young] = ['shop1_0123456789abcdefghij', 'shop1_9876543210abcdefghij'];
let now = 0;
let lookUps = 0;
const verifier = new ApiKeyVerifier<string>({
  handleOf: (apiKey) => apiKey.slice(0, 5),
  store: {
    find: async (handle) => {
      lookUps++;
      return { principal: handle, hashes: [{ digest: hash('sha256', old), expiresAt: 60_000 }, { digest: hash('sha256', young) }] };
    },
  },
  clock: { now: () => now },
});

async function ask(apiKey: string, time: number): Promise<string> {
  now = time;
  return Promise.resolve().then(() => verifier.verify(apiKey)).catch(({ message }: Error) => message);
}

const asked = ask(old, 0).then(async (first) => [first, await ask(young, 0), await ask(old, 60_000), lookUps]);

export const answer = asked; // ["shop1","shop1","the API key is not valid",2]
