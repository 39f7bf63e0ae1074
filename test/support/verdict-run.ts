import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Verdict } from '../../local/run/verdict';
import { compiledSources } from './compiled-sources';

/** Characters of a failed run's output that are kept. */
const OUTPUT_TAIL = 4_000;

/** How one `cht run` ended. */
export interface VerdictRun {
  /** Undefined where the run ended before it could judge. */
  readonly verdict: Verdict | undefined;
  readonly exitCode: number;
  /** Wall clock, start and end of the processes included. */
  readonly seconds: number;
  /** The end of what it printed. */
  readonly output: string;
}

/**
 * Runs an assembly the way a person does, in a process of its own, and reads the verdict. The sources are compiled once for all runs.
 *
 * @param folder an empty one of this run: a run that finds something keeps its logs there
 * @param words options of `cht run`
 */
export async function runForVerdict(assembly: string, folder: string, words: readonly string[]): Promise<VerdictRun> {
  const json = path.join(folder, 'verdict.json');
  const start = Date.now();
  const { exitCode, output } = await cht(folder, ['run', assembly, ...words, '--json', json]);
  const verdict = fs.existsSync(json) ? (JSON.parse(fs.readFileSync(json, 'utf8')) as Verdict) : undefined;
  return { verdict, exitCode, seconds: (Date.now() - start) / 1000, output };
}

function cht(cwd: string, words: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(compiledSources(), 'cli', 'main.js'), ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const onData = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_TAIL);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}
