import { DataKeyCache, type DataKeySource, Envelope } from '../../../lambdas/runtime';

let calls = 0;
/** In place of `new KmsDataKeys({ kms: new AwsJsonClient({ service: 'kms' }), keyId: 'alias/parked' })`. */
const source: DataKeySource = {
  generate: async () => { calls++; return { plaintext: Buffer.alloc(32, 7), encrypted: Buffer.from('encrypted key') }; },
  decrypt: async () => { calls++; return Buffer.alloc(32, 7); },
};
const envelope = new Envelope(new DataKeyCache({ source, maximumAgeMilliseconds: 300_000, maximumMessages: 1_000_000 }));

async function roundTrip(): Promise<readonly unknown[]> {
  const sealed = await Promise.all(Array.from({ length: 1_000 }, () => envelope.encrypt(Buffer.from('secret'), { merchant: 'm-1' })));
  const opened = await Promise.all(sealed.map((bytes) => envelope.decrypt(bytes, { merchant: 'm-1' })));
  const foreign = await envelope.decrypt(sealed[0], { merchant: 'm-2' }).catch((error: Error) => error.name);
  return [opened.every((bytes) => bytes.toString() === 'secret'), foreign, calls];
}

export const answer = roundTrip(); // [true,"EnvelopeError",3]
