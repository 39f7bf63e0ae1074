import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { missingPostgresql, POSTGRESQL, PostgresqlEngine } from '../../../../local/engines/database';
import { findEngineBinary, MissingEngineError } from '../../../../local/engines/binary';
import { describeUnless } from '../../../support/describe-unless';

describe('PostgreSQL on a platform', () => {
  it('that has none, says which ones have one', () => {
    expect(() => findEngineBinary(POSTGRESQL, 'sunos-x64', () => { throw new Error('no package'); })).toThrow(MissingEngineError);
    expect(() => findEngineBinary(POSTGRESQL, 'sunos-x64', () => { throw new Error('no package'); }))
      .toThrow('keeps its ledger of the profile `kubernetes` in PostgreSQL, and it comes for darwin-arm64, darwin-x64, linux-arm64, linux-x64');
  });
});

describeUnless(missingPostgresql(), 'PostgresqlEngine', () => {
  let folder: string;

  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-test-')); });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('keeps its database in a folder across runs, killed or closed', async () => {
    const engine = await PostgresqlEngine.start({ folder });
    const first = engine.processId;
    await engine.kill();
    expect(isAlive(first)).toBe(false);
    expect(() => engine.processId).toThrow('PostgreSQL does not run');
    await engine.run();
    expect(engine.processId).not.toBe(first);
    await engine.close();
    const identity = fs.statSync(path.join(folder, 'data', 'PG_VERSION')).ino;
    const next = await PostgresqlEngine.start({ folder });
    const last = next.processId;
    await next.close();
    expect(isAlive(last)).toBe(false);
    expect(fs.statSync(path.join(folder, 'data', 'PG_VERSION')).ino).toBe(identity);
    expect(fs.existsSync(path.join(folder, 'data', 'postmaster.pid'))).toBe(false);
  });

  it('says why it did not start, and leaves nothing behind', async () => {
    const { TMPDIR: temporary } = process.env;
    // Entered by the account that the server runs as.
    fs.chmodSync(folder, 0o755);
    process.env.TMPDIR = folder;
    try {
      await expect(PostgresqlEngine.start({ settings: { shared_buffers: 'much' } })).rejects.toThrow('invalid value for parameter "shared_buffers": "much"');
      expect(fs.readdirSync(folder)).toEqual([]);
    } finally {
      if (temporary === undefined) {
        delete process.env.TMPDIR;
      } else {
        process.env.TMPDIR = temporary;
      }
    }
  });

  it('refuses a folder that another one uses', async () => {
    const engine = await PostgresqlEngine.start({ folder });
    await expect(PostgresqlEngine.start({ folder })).rejects.toThrow('lock file "postmaster.pid" already exists');
    expect(isAlive(engine.processId)).toBe(true);
    await engine.close();
  });
});

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
