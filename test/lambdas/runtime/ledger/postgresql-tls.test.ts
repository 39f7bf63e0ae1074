import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PostgresqlConnections, type PostgresqlConnectionsOptions } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { missingPostgresql, PostgresqlEngine } from '../../../../local/engines/database';
import { describeUnless } from '../../../support/describe-unless';
import { certified, missingOpenssl } from './test-authority';

describeUnless(missingPostgresql() ?? missingOpenssl(), 'PostgresqlConnections by TLS', () => {
  let folder: string;
  let engine: PostgresqlEngine;
  let authority: string;
  const open: PostgresqlConnections[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'postgresql-tls-'));
    // Once without, so that the folder belongs to the account that the server runs as.
    await (await PostgresqlEngine.start({ folder, settings: { fsync: 'off' } })).close();
    const { uid, gid } = statSync(path.join(folder, 'data'));
    const made = certified('IP:127.0.0.1');
    authority = made.authority;
    for (const [file, content] of [['server.pem', made.server.certificate], ['server.key', made.server.key]]) {
      const name = path.join(folder, file);
      writeFileSync(name, content);
      chmodSync(name, 0o600);
      chownSync(name, uid, gid);
    }
    engine = await PostgresqlEngine.start({
      folder, settings: { fsync: 'off', ssl: 'on', ssl_cert_file: path.join(folder, 'server.pem'), ssl_key_file: path.join(folder, 'server.key') },
    });
  });
  afterAll(async () => {
    await Promise.all(open.map((connections) => connections.close()));
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function connect(tls: PostgresqlConnectionsOptions['tls'], host = '127.0.0.1'): PostgresqlConnections {
    const { port, user, database } = engine;
    const connections = new PostgresqlConnections({ host, port, user, database, password: async () => '', poolSize: 1, tls });
    open.push(connections);
    return connections;
  }

  const ASK = { text: 'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()' };

  it('talk to a server whose certificate their authority has signed', async () => {
    expect(await connect({ authorities: authority }).query(ASK)).toEqual([{ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) as string }]);
  });

  it.each([
    ['another authority of the same name', () => ({ authorities: certified('IP:127.0.0.1').authority })],
    ['the authorities of Node.js', () => 'system' as const],
  ])('refuse a server that only %s could vouch for', async (_whom, tls) => {
    await expect(connect(tls()).query(ASK)).rejects.toThrow(/self-signed certificate|unable to verify|certificate signature failure|unable to get local issuer/);
  });

  it('refuse a server of another name', async () => {
    await expect(connect({ authorities: authority }, 'localhost').query(ASK)).rejects.toThrow("does not match certificate's altnames");
  });
});
