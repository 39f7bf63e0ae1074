import { spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Undefined where it could not be started. */
  readonly code: number | null | undefined;
  readonly standardOutput: string;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a program to its end. Other checks go on meanwhile. */
export function ended(program: string, words: readonly string[], options: ProgramOptions = {}): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, standardOutput] = ['', ''];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        standardOutput += stream === child.stdout ? chunk.toString('utf8') : '';
      });
    }
    child.on('error', (error) => resolve({ code: undefined, standardOutput, output: error.message }));
    child.on('close', (code) => resolve({ code, standardOutput, output }));
  });
}

/** Whether a program ends well. */
export async function succeeds(program: string, words: readonly string[], options: ProgramOptions = {}): Promise<boolean> {
  return (await ended(program, words, options)).code === 0;
}
