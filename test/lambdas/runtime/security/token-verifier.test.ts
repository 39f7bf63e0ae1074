import type { JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { CachedKeySet, type CachedKeySetOptions, keySetAt, KeySetUnavailableError } from '../../../../lambdas/runtime/security/key-set';
import { InvalidTokenError, TokenVerifier, type TokenVerifierOptions } from '../../../../lambdas/runtime/security/token-verifier';
import { TokenIssuer } from '../../payment-api/tokens';

// Keys are made, and jose is loaded, on a machine that may be busy.
jest.setTimeout(30_000);

const ISSUER = 'https://issuer.example';
const NOW = 1_700_000_000_000;
const [old, young] = [new TokenIssuer(), new TokenIssuer()];
let now: number;

/** Keys of an issuer under key ids of their own. */
const keysOf = (issuer: TokenIssuer, generation: string): object[] => (
  (JSON.parse(issuer.keySet) as { keys: { kid: string }[] }).keys.map((key) => ({ ...key, kid: `${key.kid}-${generation}` }))
);
const tokenOf = (issuer: TokenIssuer, generation: string, claims: object = {}): string => (
  issuer.token({ iss: ISSUER, exp: now / 1_000 + 600, sub: 'c', ...claims }, 'ES256', { kid: `ES256-${generation}` })
);

let published: object[];
let fetches: number;
let down: boolean;
let errors: unknown[];

beforeEach(() => {
  now = NOW;
  published = keysOf(old, 'old');
  fetches = 0;
  down = false;
  errors = [];
});

const keySet = (options: Partial<CachedKeySetOptions> = {}): CachedKeySet => new CachedKeySet({
  fetch: async () => {
    fetches++;
    if (down) {
      throw new Error('down');
    }
    return JSON.stringify({ keys: published });
  },
  clock: { now: () => now },
  onError: (error) => errors.push(error),
  ...options,
});

const verifier = (options: Partial<TokenVerifierOptions<unknown>> = {}): Promise<TokenVerifier<unknown>> => TokenVerifier.create<unknown>({
  issuer: ISSUER, keySet: keySet(), principalOf: (claims: JWTPayload) => claims.sub, rememberedSeconds: 0, clock: { now: () => now }, ...options,
});

describe('keys that are fetched', () => {
  it('are fetched when the first token comes, once for all that come then, and kept', async () => {
    const sut = await verifier();
    expect(fetches).toBe(0);
    expect(await Promise.all([sut.verify(tokenOf(old, 'old')), sut.verify(tokenOf(old, 'old', { sub: 'd' }))])).toEqual(['c', 'd']);
    expect(fetches).toBe(1);
    now += 599_999;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    expect(fetches).toBe(1);
    now += 1;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    expect(fetches).toBe(2);
  });

  it('are fetched again for a key that is not known: the issuer has a new one', async () => {
    const sut = await verifier();
    await sut.verify(tokenOf(old, 'old'));
    published = [...keysOf(old, 'old'), ...keysOf(young, 'new')];
    now += 30_000;
    expect(await Promise.all([sut.verify(tokenOf(young, 'new')), sut.verify(tokenOf(old, 'old')), sut.verify(tokenOf(young, 'new'))])).toEqual(['c', 'c', 'c']);
    expect(fetches).toBe(2);
  });

  it('are fetched at most once in a cooldown, however many key ids are made up', async () => {
    const sut = await verifier();
    await sut.verify(tokenOf(old, 'old'));
    for (let second = 0; second < 90; second++) {
      now = NOW + second * 1_000;
      await expect(sut.verify(tokenOf(young, `made-up-${second}`))).rejects.toThrow(InvalidTokenError);
    }
    // At 30 and 60 seconds.
    expect(fetches).toBe(3);
  });

  it('no longer count when the issuer took them back, at the end of their lifetime', async () => {
    const sut = await verifier();
    await sut.verify(tokenOf(old, 'old'));
    published = keysOf(young, 'new');
    now += 599_999;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    now += 1;
    await expect(sut.verify(tokenOf(old, 'old'))).rejects.toThrow(InvalidTokenError);
    expect(await sut.verify(tokenOf(young, 'new'))).toBe('c');
    expect(fetches).toBe(2);
  });

  it('go on to count while the issuer is down, which is asked once in a cooldown', async () => {
    const sut = await verifier({ keySet: keySet({ staleMilliseconds: 3_600_000 }) });
    await sut.verify(tokenOf(old, 'old'));
    down = true;
    now += 600_000;
    for (let second = 0; second < 60; second++) {
      now += 1_000;
      expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    }
    expect(fetches).toBe(3);
    expect(errors).toHaveLength(2);
    down = false;
    now += 30_000;
    await sut.verify(tokenOf(old, 'old'));
    await sut.verify(tokenOf(old, 'old'));
    expect(fetches).toBe(4);
  });

  it('count no longer when the issuer was down for too long', async () => {
    const sut = await verifier({ keySet: keySet({ staleMilliseconds: 3_600_000 }) });
    await sut.verify(tokenOf(old, 'old'));
    down = true;
    now += 600_000 + 3_599_999;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    now += 1;
    await expect(sut.verify(tokenOf(old, 'old'))).rejects.toThrow(KeySetUnavailableError);
  });

  it('that were never there make no token invalid: nothing can be said of it', async () => {
    down = true;
    const sut = await verifier();
    await expect(sut.verify(tokenOf(old, 'old'))).rejects.toThrow('the keys of the issuer cannot be fetched');
    await expect(sut.verify(tokenOf(old, 'old'))).rejects.toThrow(KeySetUnavailableError);
    expect(fetches).toBe(1);
    down = false;
    now += 30_000;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
  });

  it('stay when what comes is no set of public keys', async () => {
    const sut = await verifier();
    await sut.verify(tokenOf(old, 'old'));
    published = [{ kty: 'oct', k: 'AA' }];
    now += 600_000;
    expect(await sut.verify(tokenOf(old, 'old'))).toBe('c');
    expect(errors.map(String)).toEqual(['Error: the JSON Web Key Set must hold public keys only']);
  });

  it('come over HTTPS, with status 200 alone', async () => {
    const asked: string[] = [];
    const client = (statusCode: number) => ({ send: async ({ method, url }: { method: string; url: string }) => {
      asked.push(`${method} ${url}`);
      return { statusCode, text: 'keys' };
    } });
    expect(await keySetAt('https://issuer.example/jwks', client(200))()).toBe('keys');
    await expect(keySetAt('https://issuer.example/jwks', client(302))()).rejects.toThrow('status 302');
    expect(asked).toEqual(['GET https://issuer.example/jwks', 'GET https://issuer.example/jwks']);
  });
});

describe('TokenVerifier', () => {
  const stated = { keySet: old.keySet };
  const es256 = (claims: object): string => old.token({ iss: ISSUER, exp: NOW / 1_000 + 60, sub: 'c', ...claims }, 'ES256');

  it('believes the algorithms that it was told, and no others', async () => {
    const sut = await verifier({ ...stated, algorithms: ['EdDSA'] });
    await expect(sut.verify(es256({}))).rejects.toThrow(InvalidTokenError);
    expect(await sut.verify(old.token({ iss: ISSUER, exp: NOW / 1_000 + 60, sub: 'c' }, 'EdDSA'))).toBe('c');
  });

  it.each([[['HS256']], [['none']], [['ES256', 'HS512']], [[]]])('refuses the algorithms %j', async (algorithms) => {
    await expect(verifier({ ...stated, algorithms })).rejects.toThrow(`\`algorithms\` must be signature algorithms of public keys, got: ${algorithms.at(-1) ?? 'none'}`);
  });

  it('lets the clock of the issuer differ by the tolerance, and no more', async () => {
    const strict = await verifier(stated);
    const tolerant = await verifier({ ...stated, clockToleranceSeconds: 5 });
    const late = es256({ exp: NOW / 1_000 - 4 });
    const early = es256({ nbf: NOW / 1_000 + 5 });
    for (const token of [late, early]) {
      await expect(strict.verify(token)).rejects.toThrow(InvalidTokenError);
      expect(await tolerant.verify(token)).toBe('c');
    }
    for (const token of [es256({ exp: NOW / 1_000 - 5 }), es256({ nbf: NOW / 1_000 + 6 })]) {
      await expect(tolerant.verify(token)).rejects.toThrow(InvalidTokenError);
    }
    await expect(verifier({ ...stated, clockToleranceSeconds: 301 })).rejects.toThrow('between 0 and 300, got: 301');
  });

  it('remembers a token until it expires, tolerance included, and not for longer than asked', async () => {
    const sut = await verifier({ ...stated, clockToleranceSeconds: 5, rememberedSeconds: 300 });
    const token = es256({});
    await sut.verify(token);
    expect(sut.verify(token)).toBe('c');
    now = NOW + 64_999;
    expect(sut.verify(token)).toBe('c');
    now = NOW + 65_000;
    await expect(sut.verify(token)).rejects.toThrow(InvalidTokenError);
    now = NOW;
    const brief = await verifier({ ...stated, rememberedSeconds: 10 });
    await brief.verify(token);
    now = NOW + 9_999;
    expect(brief.verify(token)).toBe('c');
    now = NOW + 10_000;
    expect(brief.verify(token)).toBeInstanceOf(Promise);
  });

  it('looks at issuer and audience', async () => {
    const sut = await verifier({ ...stated, audience: 'payments' });
    expect(await sut.verify(es256({ aud: 'payments' }))).toBe('c');
    for (const claims of [{}, { aud: 'other' }, { aud: 'payments', iss: 'https://other.example' }, { aud: 'payments', exp: undefined }]) {
      await expect(sut.verify(es256(claims))).rejects.toThrow(InvalidTokenError);
    }
  });

  it('lets what reads the claims refuse the token', async () => {
    const sut = await verifier({ ...stated, principalOf: () => { throw new Error('no merchant'); } });
    await expect(sut.verify(es256({}))).rejects.toMatchObject({ name: 'InvalidTokenError', cause: { message: 'no merchant' } });
  });
});
