import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { FraudDetection } from '../../../constructs/analytics/fraud-detection';
import { KinesisEventStream } from '../../../constructs/stream/kinesis-event-stream';
import { Rate, Workload } from '../../../lib/workload';
import { root } from '../../house/source-files';
import { testStack } from '../../support/app';
import { onlyResource } from '../../support/template';
import { LIMIT, REMOTE } from './fraud-cases';

/** The properties of an application, by group. */
export interface Properties {
  [group: string]: { readonly [name: string]: string };
}

/** A run that takes longer is ended, in milliseconds. */
const TIMEOUT = 300_000;

/** The properties that a deployed application has, with the limits that the cases are made for. */
export function deployedProperties(enhancedFanOut = false): Properties {
  const stack = testStack();
  const events = new KinesisEventStream(stack, 'Events', { workload: new Workload({ peak: Rate.perSecond(5_000) }) });
  new FraudDetection(stack, 'Fraud', { events, enhancedFanOut, rules: { amountLimits: { EUR: LIMIT }, remoteCategories: [REMOTE] } });
  const application = onlyResource(Template.fromStack(stack), 'AWS::KinesisAnalyticsV2::Application');
  const groups: { PropertyGroupId: string; PropertyMap: Record<string, unknown> }[] =
    application.Properties.ApplicationConfiguration.EnvironmentProperties.PropertyGroups;
  return Object.fromEntries(groups.map(({ PropertyGroupId: id, PropertyMap: map }) => [id, Object.fromEntries(
    // What only a deployment knows is an ARN or a name.
    Object.entries(map).map(([name, value]) => [name, typeof value === 'string' ? value : `arn:aws:kinesis:eu-west-1:111122223333:stream/${name}`]),
  )]));
}

/** How a run ended. */
export interface JobRun {
  readonly code: number | null;
  readonly output: string;
}

/** Runs main.py of the kit's own package, as it is deployed, with other properties. */
export async function runJob(program: string, folder: string, properties: Properties, variables: NodeJS.ProcessEnv = {}): Promise<JobRun> {
  const file = path.join(folder, 'application_properties.json');
  fs.writeFileSync(file, JSON.stringify(Object.entries(properties).map(([id, map]) => ({ PropertyGroupId: id, PropertyMap: map }))));
  const child = spawn(program, ['-B', path.join(root, 'analytics', 'fraud', 'main.py')], {
    cwd: folder,
    env: { ...process.env, APPLICATION_PROPERTIES_FILE: file, ...variables },
    timeout: TIMEOUT,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  const code = await new Promise<number | null>((resolve) => { child.on('close', resolve); });
  return { code, output };
}
