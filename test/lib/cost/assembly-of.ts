import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Topology } from '../../../lib/topology';

const made: string[] = [];
process.on('exit', () => made.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** What a test writes of a resource. */
export interface PlainResource {
  readonly Type: string;
  readonly Properties?: object;
  readonly Metadata?: object;
}

/** A topology with one stack of plain CloudFormation, without the CDK. */
export function assemblyOf(resources: { readonly [logicalId: string]: PlainResource }, region: string = 'us-east-1', metadata: object = {}): Topology {
  return Topology.read(folderOf(resources, region, metadata), { unresolved: 'stand-in' });
}

/** The folder of such an assembly. */
export function folderOf(resources: { readonly [logicalId: string]: PlainResource }, region: string = 'us-east-1', metadata: object = {}): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-cost-'));
  made.push(folder);
  fs.writeFileSync(path.join(folder, 'stack.template.json'), JSON.stringify({ Resources: resources, Metadata: metadata }));
  fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({
    version: '48.0.0',
    artifacts: { stack: { type: 'aws:cloudformation:stack', environment: `aws://unknown-account/${region}`, properties: { templateFile: 'stack.template.json' } } },
  }));
  return folder;
}
