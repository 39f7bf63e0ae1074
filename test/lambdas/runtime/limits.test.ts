import * as fs from 'node:fs';
import * as path from 'node:path';
import { runtimeLimitsSource } from '../../../projenrc/runtime-limits';
import { root } from '../../house/source-files';

describe('the limits of the runtime', () => {
  it('are those of lib/facts', () => {
    expect(fs.readFileSync(path.join(root, 'lambdas', 'runtime', 'limits.ts'), 'utf8')).toBe(runtimeLimitsSource());
  });
});
