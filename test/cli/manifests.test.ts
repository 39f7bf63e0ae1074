import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readManifests } from '../../cli/manifest-files';
import { checkManifests } from '../../lib/checks/manifests';
import { renderManifestJson, renderManifestTable } from '../../lib/report/manifest-report';
import { writeManifests } from '../docs-examples/kubernetes';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-manifests-'));
const file = (name: string, text: string): string => {
  const place = path.join(folder, name);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, text);
  return place;
};

afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('manifests from files', () => {
  it('are those of every YAML and JSON file of a folder, lists taken apart', () => {
    file('one/a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n');
    file('one/deeper/c.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }] }));
    file('one/notes.txt', 'no manifest');
    expect(readManifests(path.join(folder, 'one')).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['nothing there', () => path.join(folder, 'nowhere'), 'there is no such file or folder'],
    ['an empty file', () => file('empty.yaml', ''), 'there is no manifest in it'],
    ['something else', () => file('else.yaml', 'name: x\n'), 'an object must have apiVersion, kind and metadata.name'],
    ['no YAML', () => file('broken.yaml', 'a: [1\n'), 'broken.yaml: Flow sequence'],
  ])('refuse %s in one sentence', (_, place, message) => {
    expect(() => readManifests(place())).toThrow(message);
  });

  it('of the documented example pass, and say so', () => {
    const dist = path.join(folder, 'dist');
    writeManifests(dist);
    const report = checkManifests({ objects: readManifests(dist) });
    expect(renderManifestTable(report)).toMatch(/^\d+ objects: 0 errors, 0 warnings, 0 acknowledged\n$/);
  });

  it('tell what is wrong, why, and what to do', () => {
    const place = file('pod.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: { name: keys, namespace: pay }\nstringData: { key: s3cret }\n');
    const report = checkManifests({ objects: readManifests(place) });
    expect(renderManifestTable(report, { width: 80 }).split('\n')).toEqual([
      'error    HT-KUBERNETES-032  A manifest holds a secret or a card number.',
      '  Secret pay/keys data',
      '    it holds values',
      expect.stringContaining('why: '), expect.any(String),
      expect.stringContaining('fix: '), expect.any(String),
      expect.stringContaining('see: https://kubernetes.io/'),
      '',
      '1 objects: 1 errors, 0 warnings, 0 acknowledged',
      '',
    ]);
    expect(JSON.parse(renderManifestJson(report))).toMatchObject({
      objects: 1, violations: [{ rule: 'HT-KUBERNETES-032', kind: 'Secret', name: 'keys', namespace: 'pay', path: 'data', message: 'it holds values' }],
    });
  });
});
