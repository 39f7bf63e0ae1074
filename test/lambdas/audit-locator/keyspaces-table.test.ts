import { challengeResponse, nonceOf, SIGV4_MECHANISM } from '../../../lambdas/audit-locator/keyspaces-signature';
import { type CqlClient, KeyspacesAuthProvider, keyspacesClient, KeyspacesLocatorTable } from '../../../lambdas/audit-locator/keyspaces-table';

const NONCE = '91703fdc2ef562e19fbdab0f58e42fe5';
const NOW = Date.parse('2020-06-09T22:41:51.000Z');
const CREDENTIALS = { accessKeyId: 'UserID-1', secretAccessKey: 'UserSecretKey-1' };
/** The example of the service's own plugins: every one of them comes to this signature. */
const SIGNED = 'signature=7f3691c18a81b8ce7457699effbfae5b09b4e0714ab38c1292dbdf082c9ddd87,access_key=UserID-1,amzdate=2020-06-09T22:41:51.000Z';

describe('signature for Keyspaces', () => {
  it('is that of the published example', () => {
    expect(challengeResponse(NONCE, CREDENTIALS, 'us-west-2', NOW)).toBe(SIGNED);
    expect(challengeResponse(NONCE, { ...CREDENTIALS, sessionToken: 'sess-token-1' }, 'us-west-2', NOW)).toBe(`${SIGNED},session_token=sess-token-1`);
  });

  it('finds the nonce of a challenge', () => {
    expect(nonceOf(Buffer.from(`nonce=${NONCE}`))).toBe(NONCE);
    expect(nonceOf(Buffer.from(`realm=x,nonce=${NONCE},more=1`))).toBe(NONCE);
    expect(nonceOf(Buffer.from('realm=x'))).toBeUndefined();
  });
});

describe('sign-in to Keyspaces', () => {
  const answer = (start: (callback: (error: Error | null, response?: Buffer) => void) => void): Promise<string> =>
    new Promise((resolve, reject) => start((error, response) => (error ? reject(error) : resolve(response!.toString('utf8')))));

  it('names its mechanism, then signs the challenge with the credentials of that moment', async () => {
    let used = { ...CREDENTIALS, accessKeyId: 'earlier' };
    const authenticator = new KeyspacesAuthProvider('us-west-2', async () => used, () => NOW).newAuthenticator();
    expect(await answer((callback) => authenticator.initialResponse(callback))).toBe(SIGV4_MECHANISM.toString());
    used = CREDENTIALS;
    expect(await answer((callback) => authenticator.evaluateChallenge(Buffer.from(`nonce=${NONCE}`), callback))).toBe(SIGNED);
  });

  it('fails where there is no nonce, and where there are no credentials', async () => {
    const provider = (credentials: () => Promise<typeof CREDENTIALS>) => new KeyspacesAuthProvider('us-west-2', credentials).newAuthenticator();
    await expect(answer((callback) => provider(async () => CREDENTIALS).evaluateChallenge(Buffer.from('x'), callback))).rejects.toThrow('without a nonce');
    await expect(answer((callback) => provider(async () => { throw new Error('expired'); }).evaluateChallenge(Buffer.from(`nonce=${NONCE}`), callback)))
      .rejects.toThrow('expired');
  });
});

describe('table of locators', () => {
  it('adds objects to the set of a row, by a prepared statement that may be repeated', async () => {
    const calls: unknown[][] = [];
    const client = { execute: async (...call: unknown[]) => { calls.push(call); } } as unknown as CqlClient;
    const table = new KeyspacesLocatorTable(client, { keyspace: 'Audit', table: 'locators' });
    await table.add({ merchantBucket: 'shop-1#0', day: '2026-11-22', minute: '09:41', objects: ['a', 'b'] });
    expect(calls).toEqual([[
      'UPDATE "Audit"."locators" SET objects = objects + ? WHERE merchant_bucket = ? AND day = ? AND minute = ?',
      [['a', 'b'], 'shop-1#0', '2026-11-22', '09:41'],
      { prepare: true, isIdempotent: true },
    ]]);
  });

  it('checks the certificate against the name of the service, on the port of CQL over TLS', async () => {
    const client = keyspacesClient({ region: 'eu-west-1', keyspace: 'audit', table: 'locators', credentials: () => CREDENTIALS });
    const { options } = client as unknown as { options: Record<string, Record<string, unknown>> };
    expect(options).toMatchObject({
      contactPoints: ['cassandra.eu-west-1.amazonaws.com'],
      localDataCenter: 'eu-west-1',
      protocolOptions: { port: 9142 },
      sslOptions: { host: 'cassandra.eu-west-1.amazonaws.com', servername: 'cassandra.eu-west-1.amazonaws.com', rejectUnauthorized: true },
      queryOptions: { consistency: 6 },
    });
    await client.shutdown();
  });
});
