import * as fs from 'node:fs';
import * as path from 'node:path';
import { currentReports, ENTRY_POINTS, REPORTS, ROOT } from './report';

describe('the public API', () => {
  const reports = currentReports();

  it.each(Object.keys(ENTRY_POINTS))('of %s is the reviewed one; "npm run api:report" writes it anew', (name) => {
    expect(reports[name]).toBe(fs.readFileSync(path.join(REPORTS, `${name}.api.md`), 'utf8'));
  });

  it('has a report for each entry point of the package', () => {
    const { exports } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, { types: string } | string> };
    const published = Object.values(exports).filter((it) => typeof it !== 'string').map((it) => (it as { types: string }).types);
    expect(published.sort()).toEqual(Object.values(ENTRY_POINTS).map((file) => `./build/${file.replace(/\.ts$/, '.d.ts')}`).sort());
  });
});
