import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Bundles } from '../harness/bundle';
import { MeasuredProcess } from '../harness/measured-process';
import { EVENT_SIZE } from './ledger-comparison';
import type { LedgerSideArgument } from './payments';
import { namedByFile, printSteps, type WorkerProfile } from './profile-steps';

const SIDE = 'kit-side';
const WARM_UP_PAYMENTS = 24_000;
const PAYMENTS = 20_000;

/** Takes a CPU profile of the worker on an engine, writes it with the functions' own files in it, and prints its steps. */
export async function profileWorker(bundles: Bundles, endpoint: string, file: string): Promise<void> {
  const argument: LedgerSideArgument = { endpoint, table: 'ledger-profile', eventSize: EVENT_SIZE, profile: path.resolve(file) };
  const side = await MeasuredProcess.start(bundles.file(SIDE), argument, []);
  let microseconds: number;
  try {
    await side.round(WARM_UP_PAYMENTS);
    microseconds = await side.round(PAYMENTS);
  } finally {
    side.stop();
  }
  const profile = JSON.parse(fs.readFileSync(file, 'utf8')) as WorkerProfile;
  const whole: WorkerProfile = { ...namedByFile(profile, `${SIDE}.js`, bundles.sourceMap(SIDE)), payments: PAYMENTS, processMicroseconds: microseconds };
  fs.writeFileSync(file, JSON.stringify(whole));
  printSteps(whole);
}
