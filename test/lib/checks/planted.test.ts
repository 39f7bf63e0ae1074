import { check } from '../../../lib/checks/check';
import { RULES } from '../../../lib/checks/rules';
import { Topology } from '../../../lib/topology';
import { PlantedAssembly, readPlanted } from './planted-assembly';
import type { Planted } from './planted/planted';

describe('every rule', () => {
  let all: readonly Planted[];
  let assembly: PlantedAssembly;

  beforeAll(async () => {
    all = await readPlanted();
    assembly = new PlantedAssembly(all, ['plant', 'repair']);
    assembly.app.synth();
  });

  afterAll(() => assembly.dispose());

  const fired = (planted: Planted, variant: 'plant' | 'repair') => {
    const report = check(Topology.read(assembly.folderOf(planted, variant)), { workload: planted.workload });
    return {
      rules: [...new Set([...report.violations.map(({ rule }) => rule.id), ...report.failures.map(({ rule, error }) => `${rule.id}: ${error.message}`)])].sort(),
      messages: report.violations.map((it) => `${it.rule.id} ${it.resource.logicalId}: ${it.message}`),
    };
  };

  it('has a planted template, and every planted template a rule', () => {
    expect(all.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id).sort());
  });

  it('finds what was planted for it, and finds nothing else there', () => {
    const found = Object.fromEntries(all.map((planted) => [planted.id, fired(planted, 'plant').rules]));
    expect(found).toEqual(Object.fromEntries(all.map(({ id, also = [] }) => [id, [id, ...also].sort()])));
  });

  it('finds nothing in the repaired templates', () => {
    const found = all.flatMap((planted) => fired(planted, 'repair').messages.map((message) => `${planted.id} repaired: ${message}`));
    expect(found).toEqual([]);
  });
});
