import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { ledgerFromEnvironment, parkingFromEnvironment } from '../../../../lambdas/runtime/configuration/ports';

const nobody = { call: () => Promise.reject(new Error('not called')) };

describe('Environment', () => {
  const environment = new Environment({ NAME: 'value', EMPTY: '', NUMBER: '12', LIST: 'a, b', WRONG: '1e3', REPEATED: 'a,a' });

  it('reads text', () => {
    expect(environment.text('NAME')).toBe('value');
    expect(environment.optionalText('EMPTY')).toBeUndefined();
    expect(() => environment.text('EMPTY')).toThrow('EMPTY must be set');
    expect(() => environment.text('STREAM_NAME')).toThrow('STREAM_NAME must be set');
  });

  it('reads whole numbers in their range', () => {
    expect(environment.integer('NUMBER')).toBe(12);
    expect(environment.integer('ABSENT', { default: 7 })).toBe(7);
    expect(() => environment.integer('ABSENT')).toThrow('ABSENT must be set');
    expect(() => environment.integer('NUMBER', { maximum: 11 })).toThrow('NUMBER must be a whole number between 0 and 11, got: 12');
    expect(() => environment.integer('WRONG')).toThrow('WRONG must be a whole number');
    expect(() => environment.integer('NAME', { default: 1 })).toThrow('NAME must be a whole number');
  });

  it('reads lists of different names', () => {
    expect(environment.list('LIST')).toEqual(['a', 'b']);
    expect(() => environment.list('REPEATED')).toThrow('list of different names');
  });

  it('reads one of several words', () => {
    expect(environment.oneOf('NAME', ['other', 'value'])).toBe('value');
    expect(environment.oneOf('ABSENT', ['jwt', 'none'], 'jwt')).toBe('jwt');
    expect(() => environment.oneOf('NAME', ['jwt', 'none'])).toThrow('NAME must be one of jwt, none, got: value');
  });
});

describe('ports from the environment', () => {
  it('names the variable that is missing', () => {
    expect(() => ledgerFromEnvironment(new Environment({}), nobody)).toThrow('LEDGER_TABLES must be set');
    expect(() => ledgerFromEnvironment(new Environment({ LEDGER_TABLES: 'one' }), nobody)).toThrow('LEDGER_BUCKETS must be set');
    expect(() => ledgerFromEnvironment(new Environment({ LEDGER_TABLES: 'a b', LEDGER_BUCKETS: '{}' }), nobody)).toThrow('a table name must be');
    expect(() => ledgerFromEnvironment(new Environment({ LEDGER_TABLES: 'one', LEDGER_BUCKETS: '{}', LEDGER_TTL_SECONDS: '0' }), nobody))
      .toThrow('LEDGER_TTL_SECONDS must be a whole number between 1');
    expect(() => parkingFromEnvironment(new Environment({}), nobody)).toThrow('PARKING_TABLE must be set');
  });
});
