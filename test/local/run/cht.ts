import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Verdict } from '../../../local/run/verdict';
import { root } from '../../house/source-files';
import { compiledSources } from '../../support/compiled-sources';

/** How a command of `cht` ended. */
export interface ChtResult {
  readonly exitCode: number;
  readonly output: string;
  /** Folders under `.local` that a run left behind: none, unless it was not clean. Other runs may go on beside it. */
  readonly leftovers: readonly string[];
}

export interface ChtOptions {
  /** Presses Ctrl-C once this has been printed. @default - never */
  readonly interruptAfter?: RegExp;
  /** Goes through `bin/cht.js`, which in a checkout compiles the sources in each process anew. @default false */
  readonly throughBin?: boolean;
}

/** Runs `cht` the way a person does, in a process of its own. */
export function cht(words: readonly string[], options: ChtOptions = {}): Promise<ChtResult> {
  return new Promise((resolve, reject) => {
    const program = options.throughBin === true ? path.join(root, 'bin', 'cht.js') : path.join(compiledSources(), 'cli', 'main.js');
    const child = spawn(process.execPath, [program, ...words], { cwd: root, detached: true });
    let output = '';
    let interrupted = false;
    const onData = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      if (options.interruptAfter?.test(output) && !interrupted) {
        interrupted = true;
        // Ctrl-C in a terminal reaches the whole process group.
        process.kill(-child.pid!, 'SIGINT');
      }
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', reject);
    child.on('exit', (code) => resolve({ exitCode: code ?? 1, output, leftovers: leftoversOf(child.pid!) }));
  });
}

/** A folder for the files of one test. */
export function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'cht-test-'));
}

export function readVerdict(file: string): Verdict {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Verdict;
}

/** What is still there under `.local` of the runs of a process. */
function leftoversOf(pid: number): string[] {
  const folder = path.join(root, '.local');
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.startsWith(`run-${pid}-`)) : [];
}
