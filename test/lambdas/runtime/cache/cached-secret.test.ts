import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { CachedSecret } from '../../../../lambdas/runtime/cache/cached-secret';
import { ManualClock } from '../support/manual-clock';

const MINUTES = 60_000;

/** A secret that changes with each entry of `answers`; an error takes the place of an answer. */
function secretOf(...answers: (string | Error)[]) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const asked: object[] = [];
  const call = async <Output>(operation: string, input: object): Promise<Output> => {
    asked.push({ operation, ...input });
    const answer = answers.shift()!;
    if (answer instanceof Error) {
      throw answer;
    }
    return { SecretString: answer } as Output;
  };
  const secret = new CachedSecret({
    secretsManager: { call }, secretId: 'arn', clock, onError: (error) => errors.push(error),
    parse: (text) => {
      if (text === '') {
        throw new Error('it is empty');
      }
      return text.toUpperCase();
    },
  });
  return { secret, clock, errors, asked };
}

describe('CachedSecret', () => {
  it('reads once however many need it, and again after five minutes', async () => {
    const { secret, clock, asked } = secretOf('a', 'b');
    expect(await Promise.all([secret.value(), secret.value(), secret.value()])).toEqual(['A', 'A', 'A']);
    expect(asked).toEqual([{ operation: 'GetSecretValue', SecretId: 'arn' }]);
    clock.time += 5 * MINUTES;
    expect(await secret.value()).toBe('B');
    expect(asked).toHaveLength(2);
  });

  it('serves on for five minutes when it cannot be read again, and no longer', async () => {
    const refusal = new AwsServiceError('AccessDeniedException', 400, 'no');
    const { secret, clock, errors } = secretOf('a', refusal, refusal);
    expect(await secret.value()).toBe('A');
    clock.time += 5 * MINUTES;
    expect([await secret.value(), errors]).toEqual(['A', [refusal]]);
    clock.time += 5 * MINUTES;
    await expect(secret.value()).rejects.toBe(refusal);
  });

  it('tries again what passes by itself', async () => {
    const { secret, asked } = secretOf(new AwsServiceError('InternalServiceError', 500, 'soon'), 'a');
    expect(await secret.value()).toBe('A');
    expect(asked).toHaveLength(2);
  });

  it('knows none that is of no use', async () => {
    const { secret } = secretOf('', 'a');
    await expect(secret.value()).rejects.toThrow('it is empty');
    expect(await secret.value()).toBe('A');
  });
});
