import { RetryBudget, RetryPolicy } from '../../../lambdas/runtime';

const budget = new RetryBudget({ capacity: 3, depositPerSuccess: 0.1 });
const policy = new RetryPolicy({ budget, baseMilliseconds: 1, maximumAttempts: 10 });

async function attemptsOf(): Promise<number> {
  let attempts = 0;
  const call = async (): Promise<void> => { attempts++; throw new Error('down'); };
  await policy.run(call, { isRetryable: () => true }).catch(() => undefined);
  return attempts;
}

export const answer = attemptsOf().then(async (first) => [first, await attemptsOf()]); // [4,1]
