import { SignatureV4 } from '@smithy/signature-v4';
import { DATABASE_TOKEN_SECONDS, postgresqlTokens } from '../../../../lambdas/runtime/ledger/postgresql-tokens';
import { NodeSha256 } from '../support/node-sha256';

const NOW = 1_700_000_000_000;
const SECRETS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const HOST = 'Ledger.cluster-abc.eu-west-1.rds.amazonaws.com';

function parametersOf(token: string): Record<string, string> {
  return Object.fromEntries(new URL(`http://${token}`).searchParams);
}

describe('postgresqlTokens', () => {
  it.each([
    ['with credentials of a user', SECRETS, 5_432],
    ['with temporary credentials', { ...SECRETS, sessionToken: 'a/b+c==' }, 5_433],
  ])('makes the password that the SDK would sign, %s', async (_name, credentials, port) => {
    const password = postgresqlTokens({ host: HOST, port, user: "app (user)'s", region: 'eu-west-1', credentials: () => credentials, now: () => NOW });
    const token = await password();
    const hostname = HOST.toLowerCase();
    expect(token.startsWith(`${hostname}:${port}/?Action=connect&`)).toBe(true);
    // As @aws-sdk/rds-signer has it.
    const signer = new SignatureV4({ service: 'rds-db', region: 'eu-west-1', credentials, sha256: NodeSha256, applyChecksum: false });
    const signed = await signer.presign({
      method: 'GET', protocol: 'https:', hostname, port, path: '/', query: { Action: 'connect', DBUser: "app (user)'s" }, headers: { host: `${hostname}:${port}` },
    }, { expiresIn: DATABASE_TOKEN_SECONDS, signingDate: new Date(NOW) });
    expect(parametersOf(token)).toEqual(signed.query);
  });

  it('makes a new one for each connection, with the credentials of then', async () => {
    let now = NOW;
    const credentials = [{ ...SECRETS, sessionToken: 'first' }, { ...SECRETS, sessionToken: 'second' }];
    const password = postgresqlTokens({ host: HOST, user: 'app', region: 'eu-west-1', credentials: async () => credentials.shift()!, now: () => now });
    expect(parametersOf(await password())).toMatchObject({ 'X-Amz-Security-Token': 'first', 'X-Amz-Date': '20231114T221320Z', 'X-Amz-Expires': '900' });
    now += 1_200_000;
    expect(parametersOf(await password())).toMatchObject({ 'X-Amz-Security-Token': 'second', 'X-Amz-Date': '20231114T223320Z' });
  });

  it('needs a region', () => {
    const before = process.env.AWS_REGION;
    delete process.env.AWS_REGION;
    try {
      expect(() => postgresqlTokens({ host: HOST, user: 'app', credentials: () => SECRETS })).toThrow('AWS_REGION must be set');
    } finally {
      if (before !== undefined) {
        process.env.AWS_REGION = before;
      }
    }
  });
});
