import * as fs from 'node:fs';
import { SourceMap } from 'node:module';
import * as path from 'node:path';
import { MeasuredProcess } from '../harness/measured-process';
import type { BundledSides } from './bundled-sides';
import { EVENT_SIZE } from './ledger-comparison';
import type { LedgerSideArgument } from './payments';
import { printSteps, type WorkerProfile } from './profile-steps';

const SIDE = 'kit-side';
const WARM_UP_PAYMENTS = 24_000;
const PAYMENTS = 20_000;

/** Takes a CPU profile of the worker on an engine, writes it with the functions' own files in it, and prints its steps. */
export async function profileWorker(bundles: BundledSides, endpoint: string, file: string): Promise<void> {
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
  const map = new SourceMap(JSON.parse(bundles.sourceMap(SIDE)) as ConstructorParameters<typeof SourceMap>[0]);
  for (const { callFrame } of profile.nodes) {
    if (callFrame.url.endsWith(`${SIDE}.js`)) {
      const entry = map.findEntry(callFrame.lineNumber, callFrame.columnNumber);
      callFrame.url = 'originalSource' in entry ? entry.originalSource.replace(/^(?:\.\.\/)+/, '') : '';
    }
  }
  const whole: WorkerProfile = { ...profile, payments: PAYMENTS, processMicroseconds: microseconds };
  fs.writeFileSync(file, JSON.stringify(whole));
  printSteps(whole);
}
