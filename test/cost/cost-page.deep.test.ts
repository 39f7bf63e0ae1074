import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Bill, BillDiff, billOf } from '../../lib/cost';
import { renderCostDiff } from '../../lib/report/cost-markdown';
import { Topology } from '../../lib/topology';
import { Workload } from '../../lib/workload';
import { referenceFolder } from '../lib/cost/reference-assembly';
import { type Change, changed } from './changed-assembly';
import { CHOICES, logSamplingOff, shardsDoubled, withShield } from './choices';
import { blockBelow, tableOf } from './page-table';

const workload = Workload.fromJSON(JSON.parse(fs.readFileSync(path.join(__dirname, 'reference-workload.json'), 'utf8')));

let folder: string;
let bill: Bill;

beforeAll(() => {
  folder = referenceFolder(workload, 'us-east-1');
  bill = billOf(Topology.read(folder, { unresolved: 'stand-in' }), workload);
});

describe('docs/cost.md', () => {
  it('shows what each choice of the reference saves, by the engine', () => {
    const shown = tableOf('choice').map(([choice, , saves]) => [choice, saves]);
    const computed = CHOICES.map(({ name, instead, workload: of }) => {
      const other = billOf(changed(folder, instead), of?.(workload) ?? workload);
      expect(other.unpriced).toEqual([]);
      return [name, saved(other)];
    });
    const shielded = billOf(changed(folder, withShield), workload);
    expect(shown).toEqual([...computed, ['Shield Advanced before the public edge, by contract', `$${tens(bill.perMonth.typical - shielded.perMonth.typical)}`]]);
  });

  it.each<[string, Change]>([
    ['Shards doubled', shardsDoubled],
    ['Log sampling off', logSamplingOff],
  ])('shows the diff of %s as the command prints it', (heading, change) => {
    expect(blockBelow(heading)).toBe(renderCostDiff(new BillDiff(bill, billOf(changed(folder, change), workload))));
  });
});

function saved(other: Bill): string {
  return `$${tens(other.perMonth.typical - bill.perMonth.typical)}`;
}

/** US dollars to the next ten. */
function tens(usd: number): string {
  return (10 * Math.round(usd / 10)).toLocaleString('en-US');
}
