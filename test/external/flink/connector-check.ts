import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { FlinkPackageError } from '../../../cli/flink/connector-lock';
import { pinnedConnector } from '../../../cli/flink/flink-package';
import { root } from '../../house/source-files';
import type { ExternalCheck, ExternalResult } from '../external-check';
import { deployedProperties, runJob } from './fraud-job';
import { python } from './pyflink';

/** The deployed tables with the deployed connector: its factory takes their options, and the job can be planned with it. */
export const fraudConnector: ExternalCheck = {
  name: 'fraud rules with the Kinesis connector',
  async run(): Promise<ExternalResult> {
    let connector: string;
    try {
      connector = await pinnedConnector(path.join(root, 'analytics', 'fraud'));
    } catch (error) {
      if (!(error instanceof FlinkPackageError)) {
        throw error;
      }
      return { status: 'skipped', detail: error.message };
    }
    const found = await python();
    if ('missing' in found) {
      return { status: 'skipped', detail: found.missing };
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-fraud-'));
    try {
      for (const enhancedFanOut of [false, true]) {
        // What Hadoop's users put there is where PyFlink takes more of the class path from.
        const run = await runJob(found.program, folder, deployedProperties(enhancedFanOut), { FRAUD_EXPLAIN: '1', HADOOP_CLASSPATH: connector });
        if (run.code !== 0) {
          return { status: 'failed', detail: `enhanced fan-out ${enhancedFanOut}:\n${run.output}` };
        }
      }
      return { status: 'passed', detail: 'the tables of a deployment are planned, by polling and by enhanced fan-out' };
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};
