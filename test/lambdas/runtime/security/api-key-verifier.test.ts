import { hash } from 'node:crypto';
import { TooManyLoadsError } from '../../../../lambdas/runtime/cache/cache-aside';
import { type ApiKeyHash, ApiKeyVerifier, type ApiKeyVerifierOptions, InvalidApiKeyError } from '../../../../lambdas/runtime/security/api-key-verifier';

const NOW = 1_700_000_000_000;
let now: number;
let hashes: Map<string, ApiKeyHash[]>;
let finds: string[];
let down: boolean;
const digestOf = (apiKey: string): string => hash('sha256', apiKey);

beforeEach(() => {
  now = NOW;
  hashes = new Map();
  finds = [];
  down = false;
});

const store = {
  find: async (handle: string) => {
    finds.push(handle);
    if (down) {
      throw new Error('down');
    }
    const known = hashes.get(handle);
    return known && { principal: `owner of ${handle.slice(0, 6)}`, hashes: known };
  },
};

const verifier = (options: Partial<ApiKeyVerifierOptions<string>> = {}): ApiKeyVerifier<string> => (
  new ApiKeyVerifier<string>({ store, clock: { now: () => now }, ...options })
);
/** Keys such as `client1_SECRET`, known by what stands before the line. */
const byId = (options: Partial<ApiKeyVerifierOptions<string>> = {}): ApiKeyVerifier<string> => (
  verifier({ handleOf: (apiKey) => apiKey.slice(0, apiKey.indexOf('_')), ...options })
);
const attempt = async (sut: ApiKeyVerifier<string>, apiKey: string): Promise<string> => {
  try {
    return await sut.verify(apiKey);
  } catch (error) {
    return (error as Error).name;
  }
};

const [FIRST, SECOND, THIRD] = ['client1_aaaaaaaaaaaaaaaaaaaa', 'client1_bbbbbbbbbbbbbbbbbbbb', 'client1_cccccccccccccccccccc'];

describe('keys that are known by their hash', () => {
  it('are looked up once and remembered; so is that there is none', async () => {
    hashes.set(digestOf(FIRST), [{ digest: digestOf(FIRST) }]);
    const sut = verifier();
    expect(await Promise.all([sut.verify(FIRST), sut.verify(FIRST)])).toHaveLength(2);
    expect(sut.verify(FIRST)).toBe(`owner of ${digestOf(FIRST).slice(0, 6)}`);
    for (let time = 0; time < 5; time++) {
      expect(await attempt(sut, SECOND)).toBe('InvalidApiKeyError');
    }
    expect(finds).toEqual([digestOf(FIRST), digestOf(SECOND)]);
    now += 10_000;
    await attempt(sut, SECOND);
    expect(finds).toHaveLength(3);
  });

  it('must be what the store says: an item under a handle is not enough', async () => {
    hashes.set(digestOf(FIRST), [{ digest: digestOf(SECOND) }]);
    expect(await attempt(verifier(), FIRST)).toBe('InvalidApiKeyError');
  });

  it('are looked up in bounds, and refused for the time being beyond', () => {
    const sut = verifier({ lookUps: 1, store: { find: () => new Promise(() => undefined) } });
    void sut.verify(FIRST);
    expect(() => sut.verify(SECOND)).toThrow(TooManyLoadsError);
  });
});

describe('keys that are known by an id in them', () => {
  it('are changed without a gap: two are good at once', async () => {
    hashes.set('client1', [{ digest: digestOf(FIRST), expiresAt: NOW + 60_000 }, { digest: digestOf(SECOND) }]);
    const sut = byId();
    expect([await attempt(sut, FIRST), await attempt(sut, SECOND)]).toEqual(['owner of client', 'owner of client']);
    expect(finds).toEqual(['client1']);
    now = NOW + 59_999;
    expect(await attempt(sut, FIRST)).toBe('owner of client');
    now = NOW + 60_000;
    expect([await attempt(sut, FIRST), await attempt(sut, SECOND)]).toEqual(['InvalidApiKeyError', 'owner of client']);
  });

  it('work soon after they were made, though an older record is remembered', async () => {
    hashes.set('client1', [{ digest: digestOf(FIRST) }]);
    const sut = byId();
    await sut.verify(FIRST);
    hashes.set('client1', [{ digest: digestOf(FIRST) }, { digest: digestOf(SECOND) }]);
    expect(await attempt(sut, SECOND)).toBe('InvalidApiKeyError');
    now += 10_000;
    expect(await Promise.all([attempt(sut, SECOND), attempt(sut, SECOND)])).toEqual(['owner of client', 'owner of client']);
    expect(finds).toHaveLength(2);
  });

  it('that are made up are looked up at most once in ten seconds, and harm nobody when the store is down', async () => {
    hashes.set('client1', [{ digest: digestOf(FIRST) }]);
    const sut = byId();
    await sut.verify(FIRST);
    for (let second = 0; second < 30; second++) {
      now += 1_000;
      expect(await attempt(sut, `client1_${String(second).padStart(20, 'x')}`)).toBe('InvalidApiKeyError');
    }
    expect(finds).toHaveLength(4);
    down = true;
    for (let second = 0; second < 30; second++) {
      now += 1_000;
      await attempt(sut, THIRD);
      expect(sut.verify(FIRST)).toBe('owner of client');
    }
    expect(finds).toHaveLength(7);
  });

  it('no longer count when they were taken away, once they are looked up again', async () => {
    hashes.set('client1', [{ digest: digestOf(FIRST) }]);
    const sut = byId({ rememberedSeconds: 60 });
    await sut.verify(FIRST);
    hashes.clear();
    now += 59_999;
    expect(await attempt(sut, FIRST)).toBe('owner of client');
    now += 1;
    expect(await attempt(sut, FIRST)).toBe('InvalidApiKeyError');
  });
});

it.each<[string, Partial<ApiKeyVerifierOptions<string>>]>([
  ['`rememberedSeconds` must be between 0 and 86400, got: -1', { rememberedSeconds: -1 }],
  ['`absentSeconds` must be between 0 and 3600, got: 3601', { absentSeconds: 3_601 }],
  ['`graceSeconds` must be between 0 and 86400, got: 90000', { graceSeconds: 90_000 }],
  ['`lookUps` must be a whole number of at least 1, got: 0', { lookUps: 0 }],
])('refuses options: %s', (message, options) => {
  expect(() => verifier(options)).toThrow(message);
});

it('looks up nothing that does not look like a key', () => {
  expect(() => verifier({ format: /^pk_\d+$/ }).verify('pk_x')).toThrow(InvalidApiKeyError);
  expect(() => verifier().verify('short')).toThrow(InvalidApiKeyError);
  expect(finds).toEqual([]);
});
