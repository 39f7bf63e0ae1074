import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../../../../lambdas/runtime/aws/credentials';
import { CacheTokens, TOKEN_SECONDS } from '../../../../lambdas/runtime/cache/cache-token';
import { NodeSha256 } from '../support/node-sha256';

const NOW = 1_700_000_000_000;
const SECRETS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

/** What the AWS SDK signs for the same connection, as parameters by name. */
async function reference(credentials: Credentials, host: string, query: Record<string, string>): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service: 'elasticache', region: 'eu-west-1', credentials, sha256: NodeSha256, applyChecksum: false });
  const request = { method: 'GET', protocol: 'http:', hostname: host, path: '/', query, headers: { host } };
  const signed = await signer.presign(request, { expiresIn: TOKEN_SECONDS, signingDate: new Date(NOW) });
  return signed.query as Record<string, string>;
}

function parametersOf(token: string): Record<string, string> {
  return Object.fromEntries(new URL(`http://${token}`).searchParams);
}

describe('CacheTokens', () => {
  it.each([
    ['of a replication group', false, SECRETS],
    ['of a serverless cache', true, SECRETS],
    ['with temporary credentials', false, { ...SECRETS, sessionToken: 'a/b+c==' }],
  ])('makes the password %s that the SDK would sign', async (_name, serverless, credentials) => {
    const tokens = new CacheTokens({
      user: "app (user)'s", cacheName: 'Payments-Cache', serverless, region: 'eu-west-1', credentials: () => credentials, now: () => NOW,
    });
    const { username, password } = await tokens.login();
    expect(username).toBe("app (user)'s");
    expect(password.startsWith('payments-cache/?Action=connect&')).toBe(true);
    const expected = await reference(credentials, 'payments-cache', {
      Action: 'connect', User: "app (user)'s", ...(serverless ? { ResourceType: 'ServerlessCache' } : undefined),
    });
    expect(parametersOf(password)).toEqual(expected);
  });

  it('makes a new one each time, with credentials that may take a while', async () => {
    let now = NOW;
    const tokens = new CacheTokens({ user: 'app', cacheName: 'cache', region: 'eu-west-1', credentials: async () => SECRETS, now: () => now });
    const first = await tokens.login();
    now += 60_000;
    const second = await tokens.login();
    expect(second.password).not.toBe(first.password);
    expect(parametersOf(second.password)['X-Amz-Date']).toBe('20231114T221420Z');
  });

  it('needs a region', () => {
    const before = process.env.AWS_REGION;
    delete process.env.AWS_REGION;
    try {
      expect(() => new CacheTokens({ user: 'app', cacheName: 'cache', credentials: () => SECRETS })).toThrow('AWS_REGION must be set');
    } finally {
      if (before !== undefined) {
        process.env.AWS_REGION = before;
      }
    }
  });
});
