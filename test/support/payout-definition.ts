import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Topology } from '../../lib/topology';
import { planStateMachines } from '../../local/plan/workflow-plan';
import { testApp } from './app';
import { PayoutStack } from './payout-stack';

/** A folder of bundles that nobody runs. */
export function emptyAssets(): { readonly folder: string; readonly assets: (name: string) => string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'assets-'));
  return {
    folder,
    assets: (name) => {
      fs.mkdirSync(path.join(folder, name), { recursive: true });
      fs.writeFileSync(path.join(folder, name, 'index.js'), `// ${name}`);
      return path.join(folder, name);
    },
  };
}

/** The definition of the state machine of payouts, as the template has it. */
export function payoutDefinition(): string {
  const { assets, folder } = emptyAssets();
  const outdir = path.join(folder, 'out');
  const app = testApp({ outdir });
  new PayoutStack(app, 'payouts', { env: { region: 'eu-west-1' }, assets });
  app.synth();
  const [machine] = planStateMachines(Topology.read(outdir));
  fs.rmSync(folder, { recursive: true });
  return machine.definition;
}
