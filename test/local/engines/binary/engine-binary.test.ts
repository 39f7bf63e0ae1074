import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { DYNOXIDE, findEngineBinary, MissingEngineError } from '../../../../local/engines/binary';

describe('finding an engine binary', () => {
  it('finds the one that npm installed', () => {
    const { file, title } = findEngineBinary(DYNOXIDE);
    expect(execFileSync(file, ['--version'], { encoding: 'utf8' }).trim()).toBe(title);
  });

  it('says what to do when the package is not installed', () => {
    const missing = (): never => {
      throw new Error('Cannot find module');
    };
    expect(() => findEngineBinary(DYNOXIDE, 'linux-x64', missing)).toThrow(MissingEngineError);
    expect(() => findEngineBinary(DYNOXIDE, 'linux-x64', missing)).toThrow(
      'The local run keeps its tables in dynoxide, and its npm package @dynoxide/linux-x64 is not installed: run `npm ci` without --omit=optional. '
      + '`--table memory` works without it.',
    );
  });

  it('names the platforms when there is no package for this one', () => {
    expect(() => findEngineBinary(DYNOXIDE, 'plan9-mips')).toThrow(
      /comes for linux-x64 and not for this platform \(plan9-mips, npm package @dynoxide\/plan9-mips\).* `--table memory` works without it\.$/,
    );
  });

  it('says what to do when the file cannot be executed', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'));
    const manifest = path.join(folder, 'package.json');
    fs.writeFileSync(manifest, '{"version":"1.0.0"}');
    expect(() => findEngineBinary(DYNOXIDE, 'linux-x64', () => manifest)).toThrow(/cannot be executed: remove node_modules and run `npm ci` again/);
    fs.rmSync(folder, { recursive: true });
  });
});
