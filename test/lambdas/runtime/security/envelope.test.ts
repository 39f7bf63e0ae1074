import { createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { DataKeyCache, type DataKeyCacheOptions } from '../../../../lambdas/runtime/security/data-key-cache';
import { contextBytes, type DataKeySource, type EncryptionContext, KmsDataKeys } from '../../../../lambdas/runtime/security/data-keys';
import { Envelope, EnvelopeError } from '../../../../lambdas/runtime/security/envelope';

const CONTEXT = { merchant: 'm-1', kind: 'parked' };

/** A key service that counts its calls, and gives a key back under the context that it was made with alone. */
class FakeKms implements AwsCaller {
  readonly calls: string[] = [];
  readonly inputs: Record<string, unknown>[] = [];
  failures: Error[] = [];
  private readonly keys = new Map<string, { readonly plaintext: string; readonly context: string }>();

  async call<Output>(operation: string, input: object): Promise<Output> {
    this.calls.push(operation);
    this.inputs.push(input as Record<string, unknown>);
    const failure = this.failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
    const { EncryptionContext, CiphertextBlob } = input as { EncryptionContext: EncryptionContext; CiphertextBlob?: string };
    const context = contextBytes(EncryptionContext).toString('hex');
    if (operation === 'GenerateDataKey') {
      const key = { plaintext: randomBytes(32).toString('base64'), context };
      const blob = randomBytes(48).toString('base64');
      this.keys.set(blob, key);
      return { CiphertextBlob: blob, Plaintext: key.plaintext, KeyId: 'arn' } as Output;
    }
    const key = this.keys.get(CiphertextBlob!);
    if (key === undefined || key.context !== context) {
      throw new AwsServiceError('InvalidCiphertextException', 400, '');
    }
    return { Plaintext: key.plaintext, KeyId: 'arn' } as Output;
  }
}

let now: number;
let kms: FakeKms;
beforeEach(() => {
  now = 1_700_000_000_000;
  kms = new FakeKms();
});

const retry = new RetryPolicy({ maximumAttempts: 2, clock: { now: () => 0, sleep: async () => undefined } });
const source = (): KmsDataKeys => new KmsDataKeys({ kms, keyId: 'alias/data', retry });
const cache = (options: Partial<DataKeyCacheOptions> = {}): DataKeyCache => (
  new DataKeyCache({ source: source(), clock: { now: () => now }, ...options })
);
const envelope = (options: Partial<DataKeyCacheOptions> = {}): Envelope => new Envelope(cache(options));

describe('Envelope', () => {
  it('gives back what it was given, in another process as well', async () => {
    const writer = envelope();
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const sealed = await writer.encrypt(bytes, CONTEXT);
      expect([...await envelope().decrypt(sealed, { kind: 'parked', merchant: 'm-1' })]).toEqual([...bytes]);
    }), { numRuns: 50 });
  });

  it('is AES-256-GCM over the context, as it says', async () => {
    const sealed = await envelope().encrypt(Buffer.from('hello'), CONTEXT);
    const length = sealed.readUInt16BE(1);
    expect([sealed[0], length, sealed.length]).toEqual([1, 48, 3 + 48 + 12 + 5 + 16]);
    const key = await source().decrypt(sealed.subarray(3, 51), CONTEXT);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(51, 63));
    decipher.setAAD(Buffer.concat([sealed.subarray(0, 51), contextBytes(CONTEXT)]));
    decipher.setAuthTag(sealed.subarray(-16));
    expect(Buffer.concat([decipher.update(sealed.subarray(63, 68)), decipher.final()]).toString()).toBe('hello');
  });

  it('never uses a nonce twice with a key', async () => {
    const sut = envelope();
    const sealed = await Promise.all(Array.from({ length: 200 }, () => sut.encrypt(Buffer.from('same'), CONTEXT)));
    expect(new Set(sealed.map((bytes) => bytes.subarray(51, 63).toString('hex'))).size).toBe(200);
    expect(new Set(sealed.map((bytes) => bytes.subarray(3, 51).toString('hex'))).size).toBe(1);
  });

  it('opens nothing that was changed in any bit', async () => {
    const sut = envelope();
    const sealed = await sut.encrypt(Buffer.from('hello'), CONTEXT);
    await fc.assert(fc.asyncProperty(fc.nat(sealed.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(sealed);
      changed[at] ^= 1 << bit;
      await expect(sut.decrypt(changed, CONTEXT)).rejects.toThrow();
    }), { numRuns: 100 });
  });

  it('opens under no other context, though the key is there', async () => {
    const keys: DataKeySource = { generate: async () => ({ plaintext: Buffer.alloc(32, 7), encrypted: Buffer.from('key') }), decrypt: async () => Buffer.alloc(32, 7) };
    const sut = new Envelope(new DataKeyCache({ source: keys }));
    const sealed = await sut.encrypt(Buffer.from('hello'), CONTEXT);
    const others: EncryptionContext[] = [
      {}, { merchant: 'm-2', kind: 'parked' }, { merchant: 'm-1' }, { merchantm: '-1', kind: 'parked' }, { ...CONTEXT, more: '' },
    ];
    for (const other of others) {
      await expect(sut.decrypt(sealed, other)).rejects.toThrow('the envelope was changed, or is of another context');
    }
    expect((await sut.decrypt(sealed, CONTEXT)).toString()).toBe('hello');
  });

  it('refuses what is no envelope, without asking the key service', async () => {
    const sealed = await envelope().encrypt(Buffer.alloc(0), CONTEXT);
    const before = kms.calls.length;
    const otherVersion = Buffer.concat([Buffer.from([2]), sealed.subarray(1)]);
    for (const bytes of [Buffer.alloc(0), Buffer.from([1]), Buffer.from([1, 255, 255]), sealed.subarray(0, sealed.length - 1), otherVersion]) {
      await expect(envelope().decrypt(bytes, CONTEXT)).rejects.toThrow(EnvelopeError);
    }
    expect(kms.calls).toHaveLength(before);
    expect([...await envelope().decrypt(sealed, CONTEXT)]).toEqual([]);
  });
});

describe('contexts', () => {
  it('have different bytes when they differ, and the same in any order', () => {
    const context = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), { maxKeys: 3, noNullPrototype: true });
    fc.assert(fc.property(context, context, (one, other) => {
      const same = JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
      expect(contextBytes(one).equals(contextBytes(other))).toBe(same);
      expect(contextBytes(Object.fromEntries(Object.entries(one).reverse())).equals(contextBytes(one))).toBe(true);
    }), { numRuns: 300 });
  });
});

describe('data keys', () => {
  const encrypt = (sut: Envelope, count: number, context: EncryptionContext = CONTEXT, bytes = 10): Promise<Buffer[]> => (
    Promise.all(Array.from({ length: count }, () => sut.encrypt(Buffer.alloc(bytes), context)))
  );

  it('are asked for once for many messages, also when all come at once', async () => {
    const sut = envelope();
    await encrypt(sut, 1_000);
    await encrypt(sut, 1_000);
    expect(kms.calls).toEqual(['GenerateDataKey']);
    expect(kms.inputs[0]).toEqual({ KeyId: 'alias/data', KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  });

  it('are opened once for many messages', async () => {
    const sealed = await encrypt(envelope(), 50);
    const reader = envelope();
    await Promise.all(sealed.map((bytes) => reader.decrypt(bytes, CONTEXT)));
    await Promise.all(sealed.map((bytes) => reader.decrypt(bytes, CONTEXT)));
    expect(kms.calls).toEqual(['GenerateDataKey', 'Decrypt']);
    expect(kms.inputs[1]).toMatchObject({ KeyId: 'alias/data', EncryptionContext: CONTEXT });
  });

  it('are used for so many messages', async () => {
    const sut = envelope({ maximumMessages: 100 });
    await encrypt(sut, 250);
    expect(kms.calls).toHaveLength(3);
    await encrypt(sut, 50);
    expect(kms.calls).toHaveLength(3);
    await encrypt(sut, 1);
    expect(kms.calls).toHaveLength(4);
  });

  it('are used for so many bytes, and one message always goes', async () => {
    const sut = envelope({ maximumBytes: 100 });
    for (const bytes of [60, 40]) {
      await encrypt(sut, 1, CONTEXT, bytes);
    }
    expect(kms.calls).toHaveLength(1);
    await encrypt(sut, 1, CONTEXT, 1);
    expect(kms.calls).toHaveLength(2);
    await encrypt(sut, 1, CONTEXT, 500);
    expect(kms.calls).toHaveLength(3);
    await encrypt(sut, 1, CONTEXT, 1);
    expect(kms.calls).toHaveLength(4);
  });

  it('are used for so long, to encrypt and to decrypt', async () => {
    const sut = envelope({ maximumAgeMilliseconds: 60_000 });
    const [sealed] = await encrypt(sut, 1);
    await sut.decrypt(sealed, CONTEXT);
    now += 59_999;
    await encrypt(sut, 1);
    await sut.decrypt(sealed, CONTEXT);
    expect(kms.calls).toEqual(['GenerateDataKey', 'Decrypt']);
    now += 1;
    await sut.decrypt(sealed, CONTEXT);
    await encrypt(sut, 1);
    expect(kms.calls).toEqual(['GenerateDataKey', 'Decrypt', 'Decrypt', 'GenerateDataKey']);
  });

  it('are kept for each context alone, up to so many; the one used least recently goes', async () => {
    const sut = envelope({ capacity: 2 });
    const of = (merchant: string) => encrypt(sut, 1, { merchant });
    await of('a');
    await of('b');
    await of('a');
    await of('c');
    expect(kms.calls).toHaveLength(3);
    await of('a');
    await of('c');
    expect(kms.calls).toHaveLength(3);
    await of('b');
    expect(kms.calls).toHaveLength(4);
  });

  it('are wiped when they leave: too old, too many, or all at once', async () => {
    const made: Buffer[] = [];
    const keys: DataKeySource = {
      generate: async () => {
        made.push(Buffer.alloc(32, 9));
        return { plaintext: made.at(-1)!, encrypted: Buffer.from(`key ${made.length}`) };
      },
      decrypt: async () => {
        made.push(Buffer.alloc(32, 9));
        return made.at(-1)!;
      },
    };
    const wiped = (): boolean[] => made.map((key) => key.every((byte) => byte === 0));
    const held = new DataKeyCache({ source: keys, maximumAgeMilliseconds: 1_000, capacity: 2, clock: { now: () => now } });
    const sut = new Envelope(held);
    await encrypt(sut, 1, { merchant: 'a' });
    now += 1_000;
    await encrypt(sut, 1, { merchant: 'a' });
    expect(wiped()).toEqual([true, false]);
    await encrypt(sut, 1, { merchant: 'b' });
    const [sealed] = await encrypt(sut, 1, { merchant: 'c' });
    expect(wiped()).toEqual([true, true, false, false]);
    await sut.decrypt(sealed, { merchant: 'c' });
    held.wipe();
    expect(wiped()).toEqual([true, true, true, true, true]);
    // What comes then is as good as at the beginning.
    expect((await sut.decrypt(sealed, { merchant: 'c' })).length).toBe(10);
  });

  it('are asked for again when the service throttles, and its errors are told when they last', async () => {
    kms.failures = [new AwsServiceError('ThrottlingException', 400, '')];
    await encrypt(envelope(), 1);
    expect(kms.calls).toHaveLength(2);
    kms.failures = [new AwsServiceError('AccessDeniedException', 400, 'no')];
    const sut = envelope();
    await expect(encrypt(sut, 3)).rejects.toThrow('AccessDeniedException');
    await encrypt(sut, 1);
  });

  it('of another length are refused', async () => {
    const odd = new KmsDataKeys({ keyId: 'k', retry, kms: { call: async <Output>() => ({ Plaintext: Buffer.alloc(16).toString('base64'), CiphertextBlob: '' }) as Output } });
    await expect(odd.generate({})).rejects.toThrow('a data key must have 32 bytes, got: 16');
  });

  it.each<[string, Partial<DataKeyCacheOptions>]>([
    ['`maximumAgeMilliseconds` must be above 0, got: 0', { maximumAgeMilliseconds: 0 }],
    ['`maximumMessages` must be a whole number of at least 1, got: 0', { maximumMessages: 0 }],
    ['`maximumMessages` must be between 1 and 4294967296, got: 4294967297', { maximumMessages: 2 ** 32 + 1 }],
    ['`maximumBytes` must be a whole number of at least 1, got: 0', { maximumBytes: 0 }],
    ['`capacity` must be a whole number of at least 1, got: 0', { capacity: 0 }],
  ])('refuse options: %s', (message, options) => {
    expect(() => cache(options)).toThrow(message);
  });
});
