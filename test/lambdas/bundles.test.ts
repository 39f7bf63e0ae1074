import * as fs from 'node:fs';
import * as path from 'node:path';
import { bundleSizes, LARGEST_BUNDLE_BYTES } from '../../benchmarks/worker/bundle-sizes';

const root = path.join(__dirname, '..', '..');
const assets = path.join(root, 'assets');
const deployables = fs.readdirSync(path.join(root, 'lambdas')).filter((name) => fs.existsSync(path.join(root, 'lambdas', name, 'index.ts')) && name !== 'runtime');

describe.each(deployables)('the bundle of %s', (deployable) => {
  const sizes = bundleSizes(assets).filter((it) => it.deployable === deployable);

  it('has files of at most 500 KB each', () => {
    expect(sizes[0].file).toBe('index.js');
    expect(sizes.filter(({ bytes }) => bytes > LARGEST_BUNDLE_BYTES)).toEqual([]);
  });

  it('has beside it what it asks for, and nothing else', () => {
    const text = fs.readFileSync(path.join(assets, deployable, 'index.js'), 'utf8');
    const asked = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name).filter((name) => !name.startsWith('node:'));
    expect([...new Set(asked)].sort()).toEqual(sizes.slice(1).map(({ file }) => `./${file}`).sort());
  });
});

describe('the bundle of payment-worker', () => {
  it('has no library: a start would pay for it', () => {
    expect(bundleSizes(assets).filter(({ deployable }) => deployable === 'payment-worker').map(({ file }) => file)).toEqual(['index.js']);
  });
});
