import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Side } from '../harness/rounds';
import { lambdaNodeOptions, WORKER_BUNDLE, WORKER_MEMORY_MIB, workerEnvironment } from './worker-process';

/** What is measured: CPU of the process from its start until the handler is there, in microseconds. */
const SCRIPT = `
if (typeof require(process.argv[1]).handler !== 'function') { throw new Error('the bundle has no handler'); }
const { user, system } = process.cpuUsage();
console.log(user + system);
`;

/** AWS's own client of the Runtime API speaks HTTP before it loads the handler, whatever that needs. */
const LAMBDA_SCRIPT = `require('node:http');${SCRIPT}`;

/** Two starts that are compared. */
export interface StartPair {
  readonly empty: string;
  readonly worker: string;
  readonly description: string;
}

/** Names of the sides, by the way in which they are started. */
export const START_PAIRS: readonly StartPair[] = [
  { empty: 'empty', worker: 'worker', description: 'Node.js without options' },
  {
    empty: 'lambdaEmpty', worker: 'lambdaWorker',
    description: 'Node.js as AWS starts it: with options for memory, for which it compiles its own modules anew, and HTTP there before the bundle',
  },
];

/** A bundle that does nothing and that of the worker, each started in a fresh process, in both ways. @param folder for the empty bundle */
export function startSides(folder: string): Side[] {
  const empty = path.join(folder, 'empty.js');
  fs.writeFileSync(empty, '"use strict";exports.handler=async()=>{};\n');
  const options = lambdaNodeOptions(WORKER_MEMORY_MIB);
  return START_PAIRS.flatMap((pair, index) => [[pair.empty, empty], [pair.worker, WORKER_BUNDLE]].map(([name, bundle]) => ({
    name,
    description: pair.description,
    itemsPerRound: 1,
    round: () => Promise.resolve(index === 0 ? startCost([], SCRIPT, bundle) : startCost(options, LAMBDA_SCRIPT, bundle)),
  })));
}

function startCost(options: readonly string[], script: string, bundle: string): number {
  // Nothing is called before the first event, so that no service need be there.
  return Number(execFileSync(process.execPath, [...options, '-e', script, bundle], { encoding: 'utf8', env: workerEnvironment('127.0.0.1:9') }));
}
