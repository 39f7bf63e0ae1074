import * as fs from 'node:fs';
import * as path from 'node:path';
import { cht, readVerdict, temporaryFolder } from './cht';

jest.setTimeout(600_000);

describe('every environment of the reference', () => {
  it.each(['prod', 'dev', 'local'])('%s runs on this machine without loss', async (environment) => {
    const folder = temporaryFolder();
    const json = path.join(folder, 'verdict.json');
    const { exitCode, output } = await cht(['run', '--environment', environment, '--rate', '200', '--seconds', '10', '--seed', '5', '--json', json]);
    expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
    expect(readVerdict(json)).toMatchObject({ lost: 0, doubled: 0, outOfBalance: 0, unanswered: 0 });
    expect(exitCode).toBe(0);
    fs.rmSync(folder, { recursive: true });
  });

  it('two runs at once do not disturb each other', async () => {
    const results = await Promise.all([1, 2].map((seed) => cht(['run', '--environment', 'local', '--rate', '100', '--seconds', '8', '--seed', String(seed)])));
    for (const { exitCode, output } of results) {
      expect(output).toContain('lost 0   doubled 0   out of balance 0   OK');
      expect(exitCode).toBe(0);
    }
  });
});
