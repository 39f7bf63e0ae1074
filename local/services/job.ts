import { fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodContainer } from '../plan/pod-plan';
import { preloadArguments } from '../processes/entry';
import { RunError } from '../run/run-error';

/** Longer than any job of a ledger takes that is empty, in milliseconds. */
const TIMEOUT = 120_000;
const TOLD_CHARACTERS = 2_000;

/**
 * Runs the bundle of a job's image under Node, once.
 *
 * @param environment variables of the container
 * @throws RunError when it does not end with 0, with what it said
 */
export async function runJob(
  { args, codeFolder, name }: PodContainer, environment: { readonly [name: string]: string }, logFolder: string,
): Promise<void> {
  const log = fs.createWriteStream(path.join(logFolder, `${path.basename(name)}.log`), { flags: 'a' });
  const job = fork(path.join(codeFolder, 'index.js'), [...args], {
    execArgv: preloadArguments('leave-with-parent'),
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  let said = '';
  for (const output of [job.stdout!, job.stderr!]) {
    output.on('data', (chunk: Buffer) => {
      log.write(chunk);
      said = (said + chunk.toString('utf8')).slice(-TOLD_CHARACTERS);
    });
  }
  const timer = new AbortController();
  const ended = new Promise<string | undefined>((resolve, reject) => {
    job.once('error', reject);
    job.once('close', (code, signal) => resolve(code === 0 ? undefined : signal ?? `exit code ${code}`));
  });
  try {
    const failure = await Promise.race([ended, delay(TIMEOUT, `no end after ${TIMEOUT / 1_000} s`, { signal: timer.signal })]);
    if (failure !== undefined) {
      throw new RunError(`The job ${name} failed (${failure}): ${said.trim()}`);
    }
  } finally {
    timer.abort();
    job.kill('SIGKILL');
    log.end();
  }
}
