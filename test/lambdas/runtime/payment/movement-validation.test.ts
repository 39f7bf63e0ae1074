import { readJson } from '../../../../lambdas/runtime/json/json-reader';
import { MAXIMUM_PAYOUT_KEY_LENGTH, validateHold, validatePayout, validateRelease } from '../../../../lambdas/runtime/payment/movement-validation';
import { PAYMENT_READER_OPTIONS } from '../../../../lambdas/runtime/payment/payment-validation';

type Validate = typeof validateHold | typeof validateRelease | typeof validatePayout;

function check(validate: Validate, body: unknown): ReturnType<Validate> {
  const { value, faults } = readJson(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), PAYMENT_READER_OPTIONS);
  return validate('m', value, faults);
}

const problemOf = (validate: Validate, body: unknown): unknown[] => {
  const { problem } = check(validate, body);
  return [problem?.status, problem?.field];
};

const HOLD = { idempotencyKey: 'h', amount: 500, currency: 'EUR' };
const RELEASE = { ...HOLD, idempotencyKey: 'r', holdOf: 'h' };

describe('a hold', () => {
  it('is read', () => {
    expect(check(validateHold, HOLD)).toEqual({ content: { merchantId: 'm', ...HOLD, type: 'hold' } });
    expect(check(validateHold, { ...HOLD, reason: 'risk.manual-review_1' }).content).toMatchObject({ reason: 'risk.manual-review_1' });
  });

  it.each([
    [{ ...HOLD, amount: 0 }, [400, '/amount']],
    [{ ...HOLD, amount: '5' }, [400, '/amount']],
    [{ ...HOLD, amount: 1e12 + 1 }, [400, '/amount']],
    [{ ...HOLD, currency: 'XXX' }, [400, '/currency']],
    [{ ...HOLD, idempotencyKey: '' }, [400, '/idempotencyKey']],
    [{ ...HOLD, idempotencyKey: undefined }, [400, '/idempotencyKey']],
    [{ ...HOLD, idempotencyKey: 'payout:1:hold' }, [400, '/idempotencyKey']],
    [{ ...HOLD, idempotencyKey: 'fraud:velocity:1' }, [400, '/idempotencyKey']],
    [{ ...HOLD, reason: 'A reason' }, [400, '/reason']],
    [{ ...HOLD, reason: 'x'.repeat(65) }, [400, '/reason']],
    [{ ...HOLD, reason: null }, [400, '/reason']],
    [{ ...HOLD, holdOf: 'x' }, [400, '/holdOf']],
    [{ ...HOLD, merchantId: 'm' }, [400, '/merchantId']],
    [{ ...HOLD, idempotencyKey: '4111 1111 1111 1111' }, [422, '/idempotencyKey']],
    [[], [400, '']],
    ['{"amount":1,"amount":2}', [400, '/amount']],
  ])('is refused as %j', (body, expected) => {
    expect(problemOf(validateHold, body)).toEqual(expected);
  });
});

describe('a release', () => {
  it('is read, also of what a fraud rule holds', () => {
    expect(check(validateRelease, RELEASE)).toEqual({ content: { merchantId: 'm', ...RELEASE, type: 'release' } });
    expect(check(validateRelease, { ...RELEASE, holdOf: 'fraud:velocity:1' }).problem).toBeUndefined();
  });

  it.each([
    [{ ...RELEASE, holdOf: undefined }, [400, '/holdOf']],
    [{ ...RELEASE, holdOf: 'payout:1:hold' }, [400, '/holdOf']],
    [{ ...RELEASE, idempotencyKey: 'payout:1:release' }, [400, '/idempotencyKey']],
    [{ ...RELEASE, reason: 'x' }, [400, '/reason']],
  ])('is refused as %j', (body, expected) => {
    expect(problemOf(validateRelease, body)).toEqual(expected);
  });
});

describe('a payout', () => {
  it('is read', () => {
    expect(check(validatePayout, HOLD)).toEqual({ content: { merchantId: 'm', ...HOLD } });
  });

  it('has a key that leaves room for those of its movements', () => {
    const longest = 'é'.repeat(MAXIMUM_PAYOUT_KEY_LENGTH);
    expect([...`payout:${longest}:release`]).toHaveLength(64);
    expect(check(validatePayout, { ...HOLD, idempotencyKey: longest }).problem).toBeUndefined();
    expect(problemOf(validatePayout, { ...HOLD, idempotencyKey: `${longest}x` })).toEqual([400, '/idempotencyKey']);
  });

  it.each([[{ ...HOLD, reason: 'x' }, [400, '/reason']], [{ ...HOLD, amount: 1.5 }, [400, '/amount']]])('is refused as %j', (body, expected) => {
    expect(problemOf(validatePayout, body)).toEqual(expected);
  });
});
