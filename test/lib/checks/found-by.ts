import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { check } from '../../../lib/checks/check';
import type { Rule } from '../../../lib/checks/rule';
import { Topology } from '../../../lib/topology';
import type { Workload } from '../../../lib/workload';
import { testApp } from '../../support/app';

/** What one rule finds in a stack: `LogicalId: message`, without the hashes that the CDK adds to ids. */
export function foundBy(rule: Rule, make: (stack: Stack) => unknown, workload?: Workload): string[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'found-by-'));
  try {
    const app = testApp({ outdir: folder });
    make(new Stack(app, 'stack', { env: { region: 'eu-west-1' } }));
    app.synth();
    const { violations, failures } = check(Topology.read(folder), { rules: [rule], workload });
    if (failures.length > 0) {
      throw failures[0].error;
    }
    return violations.map(({ resource, message }) => `${resource.logicalId.replace(/[0-9A-F]{8}$/, '')}: ${message}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
