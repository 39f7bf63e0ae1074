import type { Credentials } from '../../../../lambdas/runtime/aws/credentials';
import { MskIamToken } from '../../../../lambdas/runtime/kafka/msk-iam-token';

const CREDENTIALS: Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'session' };
const START = Date.UTC(2026, 10, 22, 15, 0, 0);

function addressOf(token: string): URL {
  return new URL(Buffer.from(token, 'base64url').toString());
}

describe('a token for Amazon MSK', () => {
  it('is the signed address of the action that lets a client connect', async () => {
    const { token } = new MskIamToken({ region: 'eu-central-1', credentials: () => CREDENTIALS, now: () => START });
    const address = addressOf(await token());
    expect([address.protocol, address.host, address.pathname]).toEqual(['https:', 'kafka.eu-central-1.amazonaws.com', '/']);
    expect(Object.fromEntries(address.searchParams)).toEqual({
      'Action': 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20261122/eu-central-1/kafka-cluster/aws4_request',
      'X-Amz-Date': '20261122T150000Z',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Security-Token': 'session',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'User-Agent': 'cdk-high-throughput',
    });
  });

  it('holds only characters that the protocol takes', async () => {
    const { token } = new MskIamToken({ region: 'us-east-1', credentials: () => CREDENTIALS });
    expect(await token()).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('stays until four fifths of its life are over, then another is made', async () => {
    let now = START;
    const { token } = new MskIamToken({ region: 'eu-central-1', credentials: () => CREDENTIALS, lifetimeSeconds: 100, now: () => now });
    const first = await token();
    now += 79_999;
    expect(await token()).toBe(first);
    now += 1;
    expect(addressOf(await token()).searchParams.get('X-Amz-Date')).toBe('20261122T150120Z');
  });

  it('is made anew with other credentials', async () => {
    let accessKeyId = 'ONE';
    const { token } = new MskIamToken({ region: 'eu-central-1', credentials: async () => ({ ...CREDENTIALS, accessKeyId }), now: () => START });
    await token();
    accessKeyId = 'TWO';
    expect(addressOf(await token()).searchParams.get('X-Amz-Credential')).toContain('TWO/');
  });

  it('says why there is none', async () => {
    const { token } = new MskIamToken({ region: 'eu-central-1', credentials: () => Promise.reject(new Error('no credentials')) });
    await expect(token()).rejects.toThrow('no credentials');
  });

  it.each([
    [{ lifetimeSeconds: 0 }, '`lifetimeSeconds` must be a whole number between 1 and 900, got: 0'],
    [{ lifetimeSeconds: 901 }, 'got: 901'],
    [{ region: 'Frankfurt' }, '`region` must be the name of a region such as eu-central-1, got: Frankfurt'],
  ])('refuses %j', (options, message) => {
    expect(() => new MskIamToken({ region: 'eu-central-1', credentials: () => CREDENTIALS, ...options })).toThrow(message);
  });
});
