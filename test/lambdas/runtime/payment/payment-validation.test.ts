import fc from 'fast-check';
import { readJson } from '../../../../lambdas/runtime/json/json-reader';
import { JsonObject, JsonValue } from '../../../../lambdas/runtime/json/json-value';
import { isCurrency, minorUnitDigits } from '../../../../lambdas/runtime/payment/currency';
import { isPaymentText } from '../../../../lambdas/runtime/payment/payment-text';
import { PAYMENT_READER_OPTIONS, PaymentValidation, validatePayment } from '../../../../lambdas/runtime/payment/payment-validation';
import { paymentRecord } from './arbitraries';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

const CARD = '4111 1111 1111 1111';
const PAYMENT = {
  idempotencyKey: 'k-1', merchantId: 'm-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', method: { type: 'card_token', token: 'tok_1' },
};
const REFUND = { idempotencyKey: 'k-2', merchantId: 'm-1', payerId: 'p-1', amount: 1, currency: 'EUR', type: 'refund', refundOf: 'k-1' };

function validate(json: string | Buffer): PaymentValidation {
  const { value, faults } = readJson(Buffer.from(json), PAYMENT_READER_OPTIONS);
  return validatePayment(value, faults);
}

/** Status and field of the problem, such as `400 /amount`. */
function problemOf(payment: object | string): string {
  const { problem } = validate(typeof payment === 'string' ? payment : JSON.stringify(payment));
  return problem === undefined ? 'valid' : `${problem.status} ${problem.field}`;
}

describe('validatePayment', () => {
  it('takes a payment and a refund', () => {
    const { method, ...rest } = PAYMENT;
    expect(validate(JSON.stringify(PAYMENT)).payment).toEqual({ ...rest, cardToken: method.token });
    expect(validate(JSON.stringify(REFUND)).payment).toEqual(REFUND);
    expect(validate(JSON.stringify({ ...REFUND, method })).payment).toEqual({ ...REFUND, cardToken: method.token });
  });

  it('takes every payment within the rules', () => {
    fc.assert(fc.property(paymentRecord, ({ acceptedAt: _, cardToken, ...payment }) => {
      const method = cardToken === undefined ? undefined : { type: 'card_token', token: cardToken };
      fc.pre(!/\d{4}.*\d{4}.*\d/.test(JSON.stringify(payment)));
      expect(validate(JSON.stringify({ ...payment, method })).payment).toEqual({ ...payment, ...(cardToken === undefined ? {} : { cardToken }) });
    }));
  });

  it.each(['idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'method'])('requires %s', (name) => {
    expect(problemOf({ ...PAYMENT, [name]: undefined })).toBe(`400 /${name}`);
    expect(problemOf({ ...PAYMENT, [name]: null })).toBe(`400 /${name}`);
  });

  it('requires refundOf for a refund and forbids it for a payment', () => {
    expect(problemOf({ ...REFUND, refundOf: undefined })).toBe('400 /refundOf');
    expect(problemOf({ ...PAYMENT, refundOf: 'k-0' })).toBe('400 /refundOf');
    expect(problemOf({ ...PAYMENT, refundOf: null })).toBe('400 /refundOf');
  });

  it.each(['null', '[]', '"x"', '1', 'true'])('refuses %s', (json) => {
    expect(problemOf(json)).toBe('400 ');
  });

  it.each([
    ['1', 'valid'], ['12.0', 'valid'], ['1e3', 'valid'], ['1000000000000', 'valid'], ['1.0e12', 'valid'], ['10e-1', 'valid'],
    ['0', '400 /amount'], ['-1', '400 /amount'], ['-0', '400 /amount'], ['12.5', '400 /amount'], ['"12"', '400 /amount'], ['1000000000001', '400 /amount'],
    ['1e13', '400 /amount'], ['1e999', '400 /amount'], ['999999999999.9999999999', '400 /amount'], ['0.9999999999999999999999', '400 /amount'],
    ['123456789012345678901234567890', '400 /amount'], ['true', '400 /amount'], ['[1]', '400 /amount'],
  ])('amount %s: %s', (amount, expected) => {
    expect(problemOf(JSON.stringify(PAYMENT).replace('1299', amount))).toBe(expected);
  });

  it.each(['idempotencyKey', 'merchantId', 'payerId', 'refundOf', 'token'])('holds the rule of texts for %s', (name) => {
    const withText = (text: unknown): object => (
      name === 'token' ? { ...REFUND, method: { type: 'card_token', token: text } } : { ...REFUND, [name]: text });
    const field = name === 'token' ? '/method/token' : `/${name}`;
    for (const text of ['a', ' ', 'a'.repeat(64), '\u{1F600}'.repeat(64), '\u{1F468}\u200d\u{1F469}', '\u6f22\u5b57', 'e\u0301', '<>&"\\/']) {
      expect(problemOf(withText(text))).toBe('valid');
    }
    for (const text of ['', 'a'.repeat(65), '\u{1F600}'.repeat(65), 'a\0', '\n', '\u007f', '\u0085', '\ue000', '\u{F0000}', '\uffff', '\u{10FFFF}', '\u0378',
      '\u2028', '\u2029', 1, null, ['a'], { a: 1 }, true]) {
      expect(problemOf(withText(text))).toBe(`400 ${field}`);
    }
    expect(problemOf(JSON.stringify(withText('@')).replace('@', '\\ud800'))).toBe(`400 ${field}`);
  });

  it.each(['eur', 'EURO', '', 'ZZZ', 'XXX', 'XTS', 'BTC', 'DEM', 'E\u00dcR', 978, null])('refuses currency %j', (currency) => {
    expect(problemOf({ ...PAYMENT, currency })).toBe('400 /currency');
  });

  it.each(['Payment', 'chargeback', '', 1, null, ['payment']])('refuses type %j', (type) => {
    expect(problemOf({ ...PAYMENT, type })).toBe('400 /type');
  });

  it('holds the rules of the method', () => {
    expect(problemOf({ ...PAYMENT, method: 'tok' })).toBe('400 /method');
    expect(problemOf({ ...PAYMENT, method: [] })).toBe('400 /method');
    expect(problemOf({ ...PAYMENT, method: {} })).toBe('400 /method/type');
    expect(problemOf({ ...PAYMENT, method: { type: 'card', token: 't' } })).toBe('400 /method/type');
    expect(problemOf({ ...PAYMENT, method: { type: 'card_token' } })).toBe('400 /method/token');
    expect(problemOf({ ...PAYMENT, method: { type: 'card_token', token: 't', cvc: '123' } })).toBe('400 /method/cvc');
  });

  it('refuses unknown and duplicate members', () => {
    expect(problemOf({ ...PAYMENT, note: 'x' })).toBe('400 /note');
    expect(problemOf({ ...PAYMENT, 'a/b~c': 'x' })).toBe('400 /a~1b~0c');
    expect(problemOf({ ...PAYMENT, Amount: 1 })).toBe('400 /Amount');
    expect(problemOf(JSON.stringify(PAYMENT).replace('{', '{"amount":1299,'))).toBe('400 /amount');
    expect(problemOf(JSON.stringify(PAYMENT).replace('"token"', '"type":"card_token","token"'))).toBe('400 /method/type');
  });

  it('does not repeat the name of a member that could hold anything', () => {
    for (const name of [CARD, `x ${CARD}`, 'n'.repeat(65), 'a\nb', '']) {
      const { problem } = validate(JSON.stringify({ ...PAYMENT, [name]: 1 }));
      expect(problem).toEqual({ status: 400, field: '', detail: 'is not a member that is known here' });
    }
  });

  it.each([
    ['idempotencyKey'], ['merchantId'], ['payerId'], ['refundOf'], ['currency'], ['type'], ['amount'], ['method'], ['note'],
  ])('refuses a card number in %s with 422, whatever else is wrong', (name) => {
    for (const card of [CARD, '4111-1111-1111-1111', '4111111111111111', `my card ${CARD} exp 12/29, and much more text than an id may have, much more`]) {
      for (const value of [card, [card], { deep: { deeper: [1, card] } }]) {
        const { problem } = validate(JSON.stringify({ ...PAYMENT, amount: -1, [name]: value }));
        expect(problem?.status).toBe(422);
        expect(problem?.field).toMatch(new RegExp(`^/${name}`));
        expect(JSON.stringify(problem)).not.toMatch(/1111/);
      }
    }
  });

  it('refuses a card number in a duplicate member and beyond the depth that is read', () => {
    expect(problemOf(JSON.stringify(PAYMENT).replace('{', `{"payerId":"${CARD}",`))).toBe('422 /payerId');
    expect(problemOf(JSON.stringify(PAYMENT).replace(/}$/, `,"payerId":"${CARD}"}`))).toBe('422 /payerId');
    expect(problemOf(`{"a":${'['.repeat(50)}"${CARD}"${']'.repeat(50)}}`)).toMatch(/^422 \/a\/0/);
  });

  it('refuses what is nested too deep and text that is not Unicode', () => {
    expect(problemOf(JSON.stringify({ ...PAYMENT, x: 1 }).replace('"x":1', `"x":${'['.repeat(50)}${']'.repeat(50)}`))).toMatch(/^400 \/x\/0/);
    const bytes = Buffer.from(JSON.stringify({ ...PAYMENT, payerId: '@' }));
    bytes[bytes.indexOf('@')] = 0xff;
    expect(validate(bytes).problem).toMatchObject({ status: 400, field: '/payerId' });
  });

  it('refuses a payment of more than 64 KiB before anything else', () => {
    expect(problemOf({ ...PAYMENT, note: CARD.repeat(4_000) })).toBe('413 ');
    const exact = JSON.stringify({ ...PAYMENT, note: '' });
    expect(problemOf(exact.replace('"note":""', `"note":"${'x'.repeat(65_536 - exact.length)}"`))).toBe('400 /note');
    expect(problemOf(exact.replace('"note":""', `"note":"${'x'.repeat(65_537 - exact.length)}"`))).toBe('413 ');
  });

  it('names the place in a batch', () => {
    const { value, faults } = readJson(Buffer.from('{}'));
    expect(validatePayment(value, faults, ['payments', 7]).problem?.field).toBe('/payments/7/type');
  });

  it('never repeats a value', () => {
    const secret = 'S3CRETVALUE';
    const texts = fc.constantFrom('idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'refundOf', 'method', 'note');
    fc.assert(fc.property(texts, fc.constantFrom(`\u0001${secret}`, secret.repeat(10), [secret], { [secret.repeat(10)]: 1 }), (name, value) => {
      const { problem } = validate(JSON.stringify({ ...PAYMENT, [name]: value }));
      expect(problem).toBeDefined();
      expect(JSON.stringify(problem)).not.toContain(secret);
    }));
  });
});

describe('what the reader has seen of texts', () => {
  /** The same document as if nothing had been seen. */
  const unseen = (value: JsonValue): JsonValue => {
    if (value instanceof JsonObject) {
      return new JsonObject(value.names, value.values.map(unseen), value.start, value.end, false);
    }
    return Array.isArray(value) ? value.map(unseen) : value;
  };

  it('spares looking at them again, and changes nothing', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'k', 'x'.repeat(64), 'x'.repeat(65), '\u007f', '\u2028', '"', '\\', '1234567890123', CARD, `a${CARD}`, '4111111111111111'),
      fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 5 }), fc.stringMatching(/^[2-6][0-9 -]{12,20}$/),
    );
    const value = fc.oneof(text, fc.array(text, { maxLength: 2 }), fc.record({ type: text, token: text }), fc.constant(1));
    const changed = fc.tuple(fc.constantFrom('idempotencyKey', 'merchantId', 'payerId', 'currency', 'type', 'refundOf', 'method', 'note'), value)
      .map(([name, other]) => ({ ...PAYMENT, [name]: other }));
    const items = fc.array(fc.oneof(fc.constant(PAYMENT), fc.constant(REFUND), changed), { maxLength: 5 });
    fc.assert(fc.property(items, fc.boolean(), (payments, escaped) => {
      const json = JSON.stringify(payments).replaceAll('k-1', escaped ? '\\u006b-1' : 'k-1');
      const read = readJson(Buffer.from(json), PAYMENT_READER_OPTIONS);
      const asked = readJson(Buffer.from(json), { refuseText: PAYMENT_READER_OPTIONS.refuseText });
      expect(read.faults).toEqual(asked.faults);
      (read.value as JsonValue[]).forEach((item, index) => {
        const faults = read.faults.filter(({ path }) => path[0] === index);
        expect(validatePayment(item, faults)).toEqual(validatePayment(unseen((asked.value as JsonValue[])[index]), faults));
      });
    }), { numRuns: 500 });
  });
});

describe('isPaymentText', () => {
  it('is the rule of categories, by code points', () => {
    const unit = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)));
    fc.assert(fc.property(fc.array(unit, { maxLength: 70 }), (units) => {
      const points = [...units.join('')];
      const expected = points.length >= 1 && points.length <= 64 && !points.some((point) => /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(point));
      expect(isPaymentText(units.join(''))).toBe(expected);
    }), { numRuns: 1_000 });
  });
});

describe('currencies', () => {
  it('are the active codes of ISO 4217 that have a minor unit', () => {
    expect(['EUR', 'USD', 'JPY', 'KWD', 'CLF', 'CHE', 'SLE', 'ZWG', 'XCG', 'XOF'].every(isCurrency)).toBe(true);
    expect(['HRK', 'BGN', 'ANG', 'SLL', 'CUC', 'ZWL', 'XAU', 'XDR', 'constructor', '__proto__'].some(isCurrency)).toBe(false);
    expect([minorUnitDigits('EUR'), minorUnitDigits('JPY'), minorUnitDigits('KWD'), minorUnitDigits('XXX')]).toEqual([2, 0, 3, undefined]);
  });
});
