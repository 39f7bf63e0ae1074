import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Beside what else runs leave behind; not in git. */
const FOLDER = path.join(__dirname, '..', '..', '.local', 'processes');

/**
 * A source as a file that Node runs by itself. To load the compiler in each process takes it 0.4 s of CPU, more than all that an execution
 * environment does until its handler is there.
 *
 * @param file a module that imports no other source
 */
export function compiledModule(file: string): string {
  const source = fs.readFileSync(file);
  const name = `${path.parse(file).name}-${createHash('sha256').update(source).digest('hex').slice(0, 16)}`;
  const compiled = path.join(FOLDER, `${name}.cjs`);
  if (!fs.existsSync(compiled)) {
    // A development dependency of this checkout; a published package has no sources.
    const { transformSync } = module.require('esbuild') as typeof import('esbuild');
    const { code } = transformSync(source.toString('utf8'), { loader: 'ts', format: 'cjs', target: 'node20', sourcefile: file });
    fs.mkdirSync(FOLDER, { recursive: true });
    // Another process may be writing the same.
    const draft = `${compiled}.${process.pid}`;
    fs.writeFileSync(draft, code);
    fs.renameSync(draft, compiled);
  }
  return compiled;
}
