import fc from 'fast-check';
import { parse as parseLossless } from 'lossless-json';
import { jsonPointer } from '../../../../lambdas/runtime/json/json-pointer';
import { JsonFault, JsonReaderOptions, JsonSyntaxError, readJson } from '../../../../lambdas/runtime/json/json-reader';
import { integerOf, JsonNumber, JsonObject, JsonValue } from '../../../../lambdas/runtime/json/json-value';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

function read(text: string | Uint8Array, options?: JsonReaderOptions): { value: unknown; faults: string[] } {
  const { value, faults } = readJson(typeof text === 'string' ? Buffer.from(text) : text, options);
  return { value: plain(value), faults: faults.map(describe_) };
}

function describe_({ kind, path }: JsonFault): string {
  return `${kind} ${jsonPointer(path)}`;
}

/** As JSON.parse would give it. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) {
    return Number(value.literal);
  }
  if (value instanceof JsonObject) {
    return Object.fromEntries(value.names.map((name, index) => [name, plain(value.values[index])]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function syntaxError(text: string | Uint8Array): JsonSyntaxError | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      return error;
    }
    throw error;
  }
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

describe('readJson against JSON.parse', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(read(text)).toEqual({ value: JSON.parse(text), faults: [] });
    }), { numRuns: 1_000 });
  });

  it('reads texts with every kind of character and escape', () => {
    const unit = fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('\\', '"', '/', '\b', '\f', '\n', '\r', '\t', '\0', '\u{1F600}'));
    fc.assert(fc.property(fc.array(unit).map((units) => units.join('')), fc.boolean(), (text, escapeAll) => {
      const json = escapeAll
        ? `"${Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')}"`
        : JSON.stringify(text);
      expect(read(json)).toEqual({ value: text, faults: [] });
    }), { numRuns: 1_000 });
  });

  it('accepts and refuses the same damaged texts', () => {
    const damaged = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom('', '"', '\\', ',', ':', '[', ']', '{', '}', '0', '-', '.', 'e', '+', ' ', 't', '\u0001'))
      .map(([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice(at % (text.length + 1) + 1));
    fc.assert(fc.property(damaged, (text) => {
      fc.pre(!/\\ud[89a-f]|[\ud800-\udfff]/iu.test(text));
      expect(accepts(() => read(text))).toBe(accepts(() => JSON.parse(text)));
    }), { numRuns: 1_500 });
  });

  it('accepts and refuses the same short texts of JSON characters', () => {
    const text = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'a', '0', '1', '-', '.', 'e', 'E', '+', ' ', '\n', '\t', '\\', 'true', 'null', '"a":1'), maxLength: 8 });
    fc.assert(fc.property(text, (json) => {
      expect(accepts(() => read(json))).toBe(accepts(() => JSON.parse(json)));
      // Beyond the depth that is built, the grammar is the same.
      expect(accepts(() => read(json, { maximumDepth: 0 }))).toBe(accepts(() => JSON.parse(json)));
    }), { numRuns: 1_500 });
  });

  it.each(['', ' ', '01', '-', '1.', '.5', '1e', '1e+', '+1', '-01', '--1', '1 2', '[1,]', '{"a":1,}', '{,}', '[,]', '{"a"}', '{a:1}', "{'a':1}", '"', '"\\',
    '"\\x"', '"\\u12"', '"\\u12g4"', '"\t"', '"\u0000"', 'tru', 'nul', 'True', 'NaN', 'Infinity', '[1', '{"a":1', '{"a":', '\ufeff1', '\u00a01', '1,', '{}}', '[]]'])(
    'refuses %j', (text) => {
      expect(accepts(() => JSON.parse(text))).toBe(false);
      expect(syntaxError(text)).toBeInstanceOf(JsonSyntaxError);
    });

  it('tells where the fault is', () => {
    const error = syntaxError('{"payments":[{"amount":1},{"amount":!}]}');
    expect(jsonPointer(error?.path ?? [])).toBe('/payments/1/amount');
    expect(error?.offset).toBe(36);
    expect(error?.message).toBe('not JSON at byte 36');
  });
});

describe('readJson against lossless-json', () => {
  const literal = fc.oneof(
    fc.tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 30n })).map(([sign, digits]) => `${sign}${digits}`),
    fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.stringMatching(/^(\.\d{1,20})?([eE][+-]?\d{1,3})?$/)).map(([whole, rest]) => `${whole}${rest}`),
  );

  it('keeps every digit of a number', () => {
    fc.assert(fc.property(literal, (text) => {
      const { value } = readJson(Buffer.from(text));
      const ours = value instanceof JsonNumber ? value.literal : String(value);
      const theirs = parseLossless(text, undefined, { parseNumber: (number: string) => ({ number }) }) as { number: string };
      expect(Object.is(value, -0) ? '-0' : ours).toBe(theirs.number);
    }), { numRuns: 1_000 });
  });

  it('agrees on duplicate members with different values', () => {
    const json = '{"a":1,"b":{"c":1,"c":2}}';
    expect(accepts(() => parseLossless(json))).toBe(false);
    expect(read(json).faults).toEqual(['duplicate-member /b/c']);
  });
});

describe('integerOf', () => {
  it.each([['12', 12], ['12.0', 12], ['1e3', 1000], ['1E+3', 1000], ['12.50e1', 125], ['1200e-2', 12], ['0.0', 0], ['0e999999999999', 0], ['-3.0', -3],
    ['1000000000000', 1e12], ['1000000000000.000', 1e12], ['10000000000000e-1', 1e12], ['9007199254740991', 2 ** 53 - 1], ['1.2e1', 12],
    ['9007199254740993', Infinity], ['1e400', Infinity], ['-1e400', -Infinity], [`1${'0'.repeat(500)}`, Infinity], [`1${'0'.repeat(500)}e-500`, 1],
  ])('%s is the integer %d', (text, expected) => {
    expect(integerOf(readJson(Buffer.from(text)).value)).toBe(expected);
  });

  it.each(['12.5', '999999999999.9999999999', '1e-1', '1e-400', '0.1', '15e-1', `1.${'0'.repeat(400)}1`, '"12"', 'true', 'null', '[]', '{}'])(
    '%s is none', (text) => {
      expect(integerOf(readJson(Buffer.from(text)).value)).toBeUndefined();
    });

  it('is exact', () => {
    const digits = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    fc.assert(fc.property(digits, fc.integer({ min: -25, max: 25 }), (mantissa, exponent) => {
      const value = integerOf(readJson(Buffer.from(`${mantissa}e${exponent}`)).value);
      const scale = 10n ** BigInt(Math.abs(exponent));
      const isInteger = exponent >= 0 || mantissa % scale === 0n;
      const exact = exponent >= 0 ? mantissa * scale : mantissa / scale;
      const isSafe = exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER);
      expect(value).toBe(!isInteger ? undefined : isSafe ? Number(exact) : exact > 0n ? Infinity : -Infinity);
    }), { numRuns: 1_000 });
  });
});

describe('faults', () => {
  it('reports duplicate members, also when written differently', () => {
    expect(read('{"a":1,"b":2,"\\u0061":3}').faults).toEqual(['duplicate-member /a']);
    const many = Array.from({ length: 40 }, (_, index) => `"m${index}":${index}`);
    expect(read(`{${many.join(',')}}`).faults).toEqual([]);
    expect(read(`{${many.join(',')},"m39":0,"m3":0}`).faults).toEqual(['duplicate-member /m39', 'duplicate-member /m3']);
    expect(read('{"__proto__":1,"constructor":2}').faults).toEqual([]);
  });

  it('gives the first of the members that come twice', () => {
    const { value } = readJson(Buffer.from('{"a":1,"a":2}'));
    expect((value as JsonObject).get('a')).toBe(1);
    expect((value as JsonObject).names).toEqual(['a', 'a']);
  });

  it('reports lone surrogates that are escaped', () => {
    for (const text of ['\\ud800', '\\udc00', 'a\\ud83dz', '\\ude00\\ud83d', '\\ud83d\\ud83d\\ude00', '\\ud83d\u{1F600}']) {
      expect(read(`{"a":["${text}"]}`).faults).toEqual(['malformed-text /a/0']);
    }
    expect(read('"\\ud83d\\ude00"')).toEqual({ value: '\u{1F600}', faults: [] });
  });

  it('reports invalid UTF-8 where it is and leaves the rest readable', () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe6, 0xbc]]) {
      const json = Buffer.concat([Buffer.from('["\u6f22","a'), Buffer.from(bytes), Buffer.from('","b"]')]);
      const { value, faults } = read(json);
      expect(faults).toEqual(['malformed-text /1']);
      expect((value as string[])[0]).toBe('\u6f22');
      expect((value as string[])[2]).toBe('b');
    }
    const escaped = Buffer.concat([Buffer.from('["\\n'), Buffer.from([0xff]), Buffer.from('"]')]);
    expect(read(escaped).faults).toEqual(['malformed-text /0']);
  });

  it('reports a malformed member name at its object', () => {
    expect(read('{"a":{"\\ud800":1}}').faults).toEqual(['malformed-text /a']);
  });

  it('refuses invalid UTF-8 outside of texts', () => {
    expect(syntaxError(Buffer.from([0x5b, 0xff, 0x5d]))).toBeInstanceOf(JsonSyntaxError);
  });

  it('reports what is nested too deep, whatever its depth, and reads on', () => {
    const deep = '['.repeat(100_000) + '{"a":[{"b":"c"},{},[]]}' + ']'.repeat(100_000);
    expect(read(`[1,${deep},2]`, { maximumDepth: 4 })).toEqual({ value: [1, [[[null]]], 2], faults: ['too-deep /1/0/0/0'] });
    expect(syntaxError(`[${'['.repeat(100_000)}`)).toBeInstanceOf(JsonSyntaxError);
    expect(read('[[[[{"a":1}]]]]', { maximumDepth: 4 }).faults).toEqual(['too-deep /0/0/0/0']);
    expect(read('[[[[1]]]]', { maximumDepth: 4 }).faults).toEqual([]);
  });

  it('asks about every text value, also in what is not built', () => {
    const asked: string[] = [];
    const refuseText = (text: string): boolean => { asked.push(text); return text === 'no'; };
    const { faults } = read('{"a":"yes","b":["no"],"a":"no","c":[[[{"no":"no"}]]]}', { refuseText, maximumDepth: 3 });
    expect(asked).toEqual(['yes', 'no', 'no', 'no']);
    expect(faults).toEqual(['refused-text /b/0', 'duplicate-member /a', 'refused-text /a', 'too-deep /c/0/0', 'refused-text /c/0/0']);
  });
});

describe('positions', () => {
  it('tells how long each object was as it was written', () => {
    const { value } = readJson(Buffer.from('[ {"a": "\u6f22"} , { } ]'));
    expect((value as JsonObject[]).map(({ start, end, byteLength }) => [start, end, byteLength])).toEqual([[2, 14, 12], [17, 20, 3]]);
  });

  it('writes pointers as RFC 6901 says', () => {
    expect(jsonPointer([])).toBe('');
    expect(jsonPointer(['a/b', 'c~d', 0, ''])).toBe('/a~1b/c~0d/0/');
  });
});

describe('objects that are alike', () => {
  const names = fc.constantFrom('"a"', '"\\u0061"', '"b"', '"ab"', '"a\\"b"', '"\u00e9"', '"\ufffd"', '"\\ud800"', '"idempotencyKey"', '""', '"abc"', '"abcdefg"', '"abcdefh"');
  const member = fc.tuple(names, fc.constantFrom('1', '"x"', '{"a":2}', '{"b":{"a":3}}', '[]', 'null')).map(([name, value]) => `${name} : ${value}`);
  const object = fc.array(member, { maxLength: 5 }).map((members) => `{ ${members.join(' , ')} }`);
  // The same object again and again, and others in between.
  const objects = fc.tuple(object, object, fc.array(fc.nat(1), { maxLength: 6 }))
    .map(([first, second, choice]) => choice.map((which) => [first, second][which]));

  it.each([
    ['texts of their own', undefined],
    ['shared names', new Map([['a', 'a'], ['ab', 'ab'], ['idempotencyKey', 'idempotencyKey']])],
  ])('are read as each would be alone, with %s', (_, usualNames) => {
    fc.assert(fc.property(objects, (texts) => {
      const { value, faults } = readJson(Buffer.from(`[${texts.join(',')}]`), { usualNames });
      const alone = texts.map((text) => readJson(Buffer.from(text)));
      expect((value as readonly JsonObject[]).map(({ names: list, values }) => [list, values.map(plain)]))
        .toEqual(alone.map(({ value: one }) => [(one as JsonObject).names, (one as JsonObject).values.map(plain)]));
      const expected = alone.flatMap(({ faults: own }, index) => own.map(({ kind, path }) => describe_({ kind, path: [index, ...path] })));
      expect(faults.map(describe_)).toEqual(expected);
    }), { numRuns: 500 });
  });

  it.each([
    '[{"a":1},{"a",1}]', '[{"a":1},{"a"}]', '[{"a":1},{"a":1,}]', '[{"a":1},{"a" 1}]',
    '[{"a":1},{"a', '[{"ab":1},{"ab', '[{"abcdefg":1},{"abc', '[{"abcdefg":1},{"abcdefg"', '[{"abcdefg":1},{"abcdefg":', '[{"a":1},{a:1}]', '[{"a":1,"b":2},{"a":1 "b":2}]',
    '[{"a":"xy"},{"a":"xy}]', '[{"a":"xy"},{"a":"xy', '[{"a":"x\\"y"},{"a":"x"y"}]', '[{"a":"x\\\\"},{"a":"x\\"}]',
  ])('are still read strictly: %s', (text) => {
    expect(syntaxError(text)).toBeInstanceOf(JsonSyntaxError);
  });

  it.each([
    '[{"a":"EUR"},{"a":"EUR"},{"a": "EUR"},{"a":"EU"},{"a":"EURO"}]', '[{"a":""},{"a":""},{"a":"x"}]', '[{"a":"\\u0045UR"},{"a":"EUR"}]',
    '[{"a":"EUR"},{"a":"\\u0045UR"}]', '[{"a":"é"},{"a":"é"}]', '[{"a":"x"},{"a":{"a":"x"}},{"a":"x"}]', '[{"a":1},{"a":"1"},{"a":1}]',
  ])('have the texts that are written, whether they come again or not: %s', (text) => {
    expect(read(text, { refuseText: () => false, refusedDigits: 13 })).toEqual({ value: JSON.parse(text), faults: [] });
    expect(read(text)).toEqual({ value: JSON.parse(text), faults: [] });
  });

  it('are each asked about, where a short text is refused again and again', () => {
    expect(read('[{"a":"12"},{"a":"12"}]', { refuseText: (text) => text === '12', refusedDigits: 2 }).faults).toEqual([
      'refused-text /0/a', 'refused-text /1/a',
    ]);
  });
});
