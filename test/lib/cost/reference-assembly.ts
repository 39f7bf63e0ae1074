import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PaymentReferenceStage } from '../../../apps/payment-reference/payment-reference-stage';
import type { Workload } from '../../../lib/workload';
import { testApp } from '../../support/app';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** The folder with the assembly of the reference as it is deployed for a workload; it goes at the end of the tests. */
export function referenceFolder(workload: Workload, region: string): string {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-reference-'));
  folders.push(outdir);
  const app = testApp({ outdir });
  new PaymentReferenceStage(app, 'payments-prod', { env: { region }, environmentName: 'prod', workload });
  app.synth();
  return outdir;
}
