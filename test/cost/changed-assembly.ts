import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Topology } from '../../lib/topology';

/** A resource of a template that a test changes in place. */
export interface ChangedResource {
  readonly Type: string;
  // Templates are JSON of any shape, and each change knows the one it meets.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  Properties: { [name: string]: any };
  Metadata?: { [name: string]: unknown };
}

/** What a test makes of the resources of a template: called for each of them, with all of its template. */
export type Change = (resource: ChangedResource, logicalId: string, resources: { [logicalId: string]: ChangedResource }) => void;

const folders: string[] = [];
// A topology reads parts of its folder when they are asked for.
afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** The same assembly with other templates; nothing is synthesized again. */
export function changed(folder: string, change: Change): Topology {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-changed-'));
  folders.push(copy);
  fs.cpSync(folder, copy, { recursive: true, filter: (file) => !path.basename(file).startsWith('asset.') || file.endsWith('.json') });
  for (const file of fs.readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.template.json'))) {
    const at = path.join(copy, file);
    const template = JSON.parse(fs.readFileSync(at, 'utf8')) as { Resources: { [logicalId: string]: ChangedResource } };
    Object.entries(template.Resources).forEach(([logicalId, resource]) => change(resource, logicalId, template.Resources));
    fs.writeFileSync(at, JSON.stringify(template));
  }
  return Topology.read(copy, { unresolved: 'stand-in' });
}
