import * as fs from 'node:fs';
import * as path from 'node:path';
import { type FaultDefinition, FAULTS, flagWithValue, INVARIANTS } from '../../../local/faults';
import { root } from '../../house/source-files';

const page = fs.readFileSync(path.join(root, 'docs', 'faults.md'), 'utf8');

/** Cells of every row of the page's tables. */
const rows = page.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.slice(2, -2).split(' | '));
const code = (text: string) => `\`${text}\``;

const STRIKES = (fault: FaultDefinition) => [
  code(flagWithValue(fault)), `${fault.minimum} to ${fault.maximum}; try ${fault.suggested}`, fault.summary, fault.trigger, fault.duration,
];
const PROOFS = (fault: FaultDefinition) => [
  code(fault.name),
  fault.mustHold.join(', '),
  fault.seenAs,
  fault.verdictFields.map(code).join(', ') || '–',
  fault.fisAction === undefined ? 'none exists' : code(fault.fisAction),
];

describe('docs/faults.md', () => {
  it.each(FAULTS)('says of $name what the vocabulary says', (fault) => {
    expect(rows).toContainEqual(STRIKES(fault));
    expect(rows).toContainEqual(PROOFS(fault));
  });

  it.each(INVARIANTS)('says what $name means', ({ name, title, meaning }) => {
    expect(rows).toContainEqual([name, title, meaning]);
  });

  it('has no row of a fault or an invariant that there is not', () => {
    expect(rows.filter(([first]) => /^`|^INV/.test(first))).toHaveLength(2 * FAULTS.length + INVARIANTS.length);
  });
});
