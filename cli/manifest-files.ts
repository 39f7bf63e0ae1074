import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ManifestObject } from '../lib/checks/manifests';
import { AssemblyError } from '../lib/topology';

/**
 * The objects of a file of YAML or JSON, or of all such files in a folder and those in it; the items of lists one by one.
 *
 * @throws AssemblyError where there is no such file, or what is in it is no manifest.
 */
export function readManifests(place: string): ManifestObject[] {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new AssemblyError(`--manifests ${place}: there is no such file or folder`);
  }
  const files = stat.isDirectory()
    ? fs.readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(ya?ml|json)$/.test(file)).sort().map((file) => path.join(place, file))
    : [place];
  const objects = files.flatMap(objectsOf);
  if (objects.length === 0) {
    throw new AssemblyError(`--manifests ${place}: there is no manifest in it`);
  }
  return objects;
}

function objectsOf(file: string): ManifestObject[] {
  return parseAllDocuments(fs.readFileSync(file, 'utf8')).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) {
      throw new AssemblyError(`--manifests ${file}: ${document.errors[0].message}`);
    }
    const value = document.toJS() as unknown;
    return value === null || value === undefined ? [] : itemsOf(value, file);
  });
}

function itemsOf(value: unknown, file: string): ManifestObject[] {
  const { kind, apiVersion, metadata, items } = value as Partial<ManifestObject> & { readonly items?: readonly unknown[] };
  if (kind !== undefined && kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item) => itemsOf(item, file));
  }
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || typeof metadata?.name !== 'string') {
    throw new AssemblyError(`--manifests ${file}: an object must have apiVersion, kind and metadata.name`);
  }
  return [value as ManifestObject];
}
