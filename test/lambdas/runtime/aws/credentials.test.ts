import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ContainerCredentials, credentialsFromEnvironment } from '../../../../lambdas/runtime/aws/credentials';

const MINUTE = 60_000;

describe('credentialsFromEnvironment', () => {
  it('takes keys, with a token where there is one', () => {
    expect(credentialsFromEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' })()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
    expect(credentialsFromEnvironment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' })())
      .toEqual({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' });
  });

  it('says what is missing', () => {
    expect(() => credentialsFromEnvironment({})).toThrow('must be set');
  });
});

describe('ContainerCredentials', () => {
  let server: Server;
  let url: string;
  let now: number;
  let requests: (string | undefined)[];
  let respond: () => { readonly status: number; readonly body: string };

  beforeEach(async () => {
    now = Date.parse('2030-01-01T00:00:00Z');
    requests = [];
    respond = () => ({
      status: 200,
      body: JSON.stringify({
        AccessKeyId: `key-${requests.length}`, SecretAccessKey: 's', Token: 't', Expiration: new Date(now + 60 * MINUTE).toISOString(),
      }),
    });
    server = createServer((request, response) => {
      requests.push(request.headers.authorization);
      const { status, body } = respond();
      response.statusCode = status;
      response.end(body);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/credentials`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });

  it('asks once, also for many at the same time, and again before the credentials expire', async () => {
    const { provider } = new ContainerCredentials(url, {}, () => now);
    const first = await Promise.all([provider(), provider(), provider()]);
    expect(first.map(({ accessKeyId }) => accessKeyId)).toEqual(['key-1', 'key-1', 'key-1']);
    expect(requests).toHaveLength(1);

    now += 54 * MINUTE;
    expect(provider()).not.toBeInstanceOf(Promise);
    expect(requests).toHaveLength(1);

    now += 2 * MINUTE;
    // Near the end the old ones are still given out, while new ones are fetched.
    expect(provider()).toMatchObject({ accessKeyId: 'key-1' });
    for (let waited = 0; waited < 100 && (await provider()).accessKeyId === 'key-1'; waited++) {
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    expect(await provider()).toMatchObject({ accessKeyId: 'key-2' });
  });

  it('goes on with valid credentials while the endpoint fails, and fails when they have expired', async () => {
    const { provider } = new ContainerCredentials(url, {}, () => now);
    await provider();
    respond = () => ({ status: 500, body: '' });
    now += 58 * MINUTE;
    expect(await provider()).toMatchObject({ accessKeyId: 'key-1' });
    now += 3 * MINUTE;
    // One refresh may still be under way from above; both ways end in the endpoint's failure.
    await expect(Promise.resolve(provider())).rejects.toThrow('answered 500');
  });

  it('refuses an answer without credentials', async () => {
    respond = () => ({ status: 200, body: '{}' });
    await expect(new ContainerCredentials(url).provider()).rejects.toThrow('without AccessKeyId');
  });

  it('authorizes itself with the token, or the one in the file, read anew each time', async () => {
    await credentialsFromEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'plain' })();
    const folder = mkdtempSync(path.join(tmpdir(), 'credentials-'));
    try {
      const file = path.join(folder, 'token');
      writeFileSync(file, 'from file\n');
      await credentialsFromEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file })();
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(requests).toEqual(['plain', 'from file']);
  });
});
