import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PaymentReferenceStage } from '../../../apps/payment-reference/payment-reference-stage';
import { Topology } from '../../../lib/topology';
import type { Workload } from '../../../lib/workload';
import { testApp } from '../../support/app';

/** The reference as it is deployed for a workload, read from its assembly. */
export function referenceFor(workload: Workload, region: string): Topology {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-reference-'));
  process.on('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));
  const app = testApp({ outdir });
  new PaymentReferenceStage(app, 'payments-prod', { env: { region }, environmentName: 'prod', workload });
  app.synth();
  return Topology.read(outdir, { unresolved: 'stand-in' });
}
