import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Facts } from '../../../lib/facts';
import * as kubernetes from '../../../constructs/kubernetes';
import { writeManifests } from '../../docs-examples/kubernetes';

const root = path.join(__dirname, '..', '..', '..');
const page = fs.readFileSync(path.join(root, 'docs', 'kubernetes.md'), 'utf8');

describe('the page on Kubernetes', () => {
  it('shows the example as it is compiled here', () => {
    const source = fs.readFileSync(path.join(root, 'test', 'docs-examples', 'kubernetes.ts'), 'utf8')
      .replace("'../../index'", "'cdk-high-throughput'").replace("'../../constructs/kubernetes'", "'cdk-high-throughput/kubernetes'");
    expect([...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)).toEqual([source]);
  });

  it('shows an example that writes manifests', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-manifests-'));
    try {
      writeManifests(folder);
      const manifest = fs.readFileSync(path.join(folder, 'payments.k8s.yaml'), 'utf8');
      expect(manifest.match(/^kind: .*/gm)!.length).toBeGreaterThan(25);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('has a section for each construct', () => {
    const constructs = Object.keys(kubernetes).filter((name) => !['PriorityLevel', 'WorkerSource', 'PodTier'].includes(name));
    expect(constructs.filter((name) => !page.includes(`### ${name}\n`))).toEqual([]);
  });

  it('names the targets that rest on it', () => {
    const targets = Facts.DEFAULT.list('target').filter(({ source }) => source === 'docs/kubernetes.md');
    expect(targets.length).toBeGreaterThan(20);
    expect(page).toContain('cht facts target --search kubernetes');
  });
});
