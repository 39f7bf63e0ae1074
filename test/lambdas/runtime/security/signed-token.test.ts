import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { SignedTokens, type SignedTokensOptions } from '../../../../lambdas/runtime/security/signed-token';

const NOW = 1_700_000_000_000;
const key = (id: string, fill = 1): { id: string; secret: Uint8Array } => ({ id, secret: Buffer.alloc(32, fill) });

let now: number;
beforeEach(() => { now = NOW; });

const tokens = (options: Partial<SignedTokensOptions> = {}): SignedTokens => (
  new SignedTokens({ keys: [key('k1')], purpose: 'receipt', clock: { now: () => now }, ...options })
);

describe('SignedTokens', () => {
  it('gives back what was signed, whatever the text, and fits into a URL', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 1e6 }), (payload, seconds) => {
      const token = tokens().sign(payload, seconds);
      expect(token).toMatch(/^[A-Za-z0-9_.-]+$/);
      expect(tokens().verify(token)).toEqual({ kind: 'valid', payload, expiresAt: NOW + seconds * 1_000, keyId: 'k1' });
    }), { numRuns: 100 });
  });

  it('signs as it says: HMAC-SHA-256 over purpose and text', () => {
    const [text, signature] = tokens().sign('hello', 60).split(/\.(?=[^.]*$)/);
    expect(text).toBe(`1.k1.${(NOW / 1_000 + 60).toString(36)}.aGVsbG8`);
    expect(signature).toBe(createHmac('sha256', Buffer.alloc(32, 1)).update(`7.receipt.${text}`).digest('base64url'));
  });

  it('believes nothing that was changed in any character, nor anything longer or shorter', () => {
    const token = tokens().sign('{"merchant":"m-1"}', 60);
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~ ';
    fc.assert(fc.property(fc.nat(token.length - 1), fc.nat(characters.length - 1), (at, other) => {
      const changed = token.slice(0, at) + characters[other] + token.slice(at + 1);
      expect(changed === token || tokens().verify(changed).kind !== 'valid').toBe(true);
    }), { numRuns: 500 });
    for (const other of ['', '.', `${token}=`, `${token}A`, ` ${token}`, token.slice(0, -1), token.slice(1), `${token}.`, 'x'.repeat(9_000)]) {
      expect(tokens().verify(other).kind).not.toBe('valid');
    }
  });

  it('has one text for each token: no other spelling of signature, payload or time', () => {
    const token = tokens().sign('a', 60);
    const [version, id, expiry, payload, signature] = token.split('.');
    const last = signature[42];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The last character of 43 holds two bits that no byte needs.
    const twin = signature.slice(0, 42) + alphabet[alphabet.indexOf(last) ^ 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect(tokens().verify([version, id, expiry, payload, twin].join('.'))).toEqual({ kind: 'forged' });
    expect(tokens().verify([version, id, `0${expiry}`, payload, signature].join('.'))).toEqual({ kind: 'malformed' });
    expect(tokens().verify([version, id, expiry.toUpperCase(), payload, signature].join('.')).kind).not.toBe('valid');
  });

  it('expires', () => {
    const token = tokens().sign('a', 60);
    now = NOW + 59_999;
    expect(tokens().verify(token).kind).toBe('valid');
    now = NOW + 60_000;
    expect(tokens().verify(token)).toEqual({ kind: 'expired' });
    expect(tokens({ clockToleranceSeconds: 5 }).verify(token).kind).toBe('valid');
    now = NOW + 65_000;
    expect(tokens({ clockToleranceSeconds: 5 }).verify(token)).toEqual({ kind: 'expired' });
  });

  it('tells no time of a token that was made up', () => {
    const token = tokens().sign('a', 60);
    now = NOW + 100_000;
    expect(tokens().verify(`${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`)).toEqual({ kind: 'forged' });
  });

  it('is good for one purpose, also where purpose and text could run together', () => {
    const token = tokens().sign('a', 60);
    expect(tokens({ purpose: 'session' }).verify(token)).toEqual({ kind: 'forged' });
    expect(tokens({ purpose: 'receip' }).verify(token)).toEqual({ kind: 'forged' });
  });

  it('changes its key without a token that stops working', () => {
    const [old, young] = [key('old', 1), key('new', 2)];
    const before = tokens({ keys: [old] });
    const first = tokens({ keys: [old, young] });
    const then = tokens({ keys: [young, old] });
    const last = tokens({ keys: [young] });
    // Processes of two neighbouring steps run side by side.
    for (const [signer, verifier] of [[before, first], [first, before], [first, then], [then, first], [then, last], [last, then]]) {
      expect(verifier.verify(signer.sign('a', 60)).kind).toBe('valid');
    }
    expect(then.verify(then.sign('a', 60))).toMatchObject({ keyId: 'new' });
    expect(last.verify(before.sign('a', 60))).toEqual({ kind: 'unknownKey' });
    expect(tokens({ keys: [key('old', 9)] }).verify(before.sign('a', 60))).toEqual({ kind: 'forged' });
  });

  it('keeps its keys when the caller wipes them', () => {
    const mine = key('k1');
    const sut = tokens({ keys: [mine] });
    mine.secret.fill(0);
    expect(tokens().verify(sut.sign('a', 60)).kind).toBe('valid');
  });

  it.each<[string, Partial<SignedTokensOptions>]>([
    ['`keys` must hold at least one key, got: none', { keys: [] }],
    ['`secret` of key k must have at least 32 bytes, got: 31', { keys: [{ id: 'k', secret: new Uint8Array(31) }] }],
    ['`id` of a key must be 1 to 32 letters, digits, `_` or `-`, got: a.b', { keys: [key('a.b')] }],
    ['`keys` must differ in their ids', { keys: [key('a'), key('a')] }],
    ['`purpose` must not be empty', { purpose: '' }],
    ['`clockToleranceSeconds` must be a whole number between 0 and 300, got: 301', { clockToleranceSeconds: 301 }],
  ])('refuses options: %s', (message, options) => {
    expect(() => tokens(options)).toThrow(message);
  });

  it('refuses to sign what has no lifetime, or is too long', () => {
    expect(() => tokens().sign('a', 0)).toThrow('`lifetimeSeconds` must be a whole number between 1 and');
    expect(() => tokens().sign('a'.repeat(7_000), 1)).toThrow('a token must have at most 8192 characters');
  });
});
