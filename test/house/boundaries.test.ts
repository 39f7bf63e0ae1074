import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Import, importsOf, root, sourceFiles } from './source-files';

/** The rooms and what each may import; the same table stands in docs/architecture.md. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'lib/workload': [],
  'lib/facts': [],
  'lib/sizing': ['lib/workload', 'lib/facts'],
  'lib/topology': [],
  'lib/event-source': ['lib/facts'],
  'lib/checks': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology', 'lib/cost'],
  'lib/cost': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology'],
  'lib/testing': ['lib/workload', 'lib/facts', 'lib/sizing'],
  'lib/report': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology', 'lib/event-source', 'lib/checks', 'lib/cost'],
  'constructs': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology', 'lib/cost', 'lib/report'],
  'lambdas/runtime': [],
  'lambdas': ['lambdas/runtime'],
  'apps': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology', 'lib/checks', 'lib/report', 'constructs', 'assets'],
  'local': ['lib/topology', 'lib/workload', 'lib/facts', 'lib/event-source'],
  'cli': ['lib/workload', 'lib/facts', 'lib/sizing', 'lib/topology', 'lib/event-source', 'lib/checks', 'lib/cost', 'lib/report', 'local', 'lambdas/runtime'],
};

/** What a room may take from aws-cdk-lib; rooms that are not named may take nothing. */
const CDK_NAMES: Readonly<Record<string, readonly string[] | 'everything'>> = {
  'lib/workload': ['Duration', 'Size'],
  'lib/sizing': ['Duration', 'Size'],
  'lib/checks': ['IPolicyValidationContext', 'IPolicyValidationPlugin', 'PolicyValidationPluginReport', 'PolicyViolation', 'PolicyViolatingResource'],
  'constructs': 'everything',
  'apps': 'everything',
};

const files = sourceFiles(['lib', 'constructs', 'lambdas', 'apps', 'local', 'cli']);
const imports = files.flatMap(importsOf);

function roomOf(file: string): string {
  if (file === path.join('lambdas', 'bundle.ts')) {
    // It makes the bundles that constructs deploy.
    return 'assets';
  }
  const [first, second] = file.split(path.sep);
  if (first === 'lib') {
    return `lib/${second}`;
  }
  return first === 'lambdas' && second === 'runtime' ? 'lambdas/runtime' : first;
}

describe('the rooms of the house', () => {
  it('are all in the table', () => {
    const rooms = new Set(files.map(roomOf));
    rooms.delete('assets');
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('import downwards only', () => {
    const upwards = imports
      .filter((it) => !it.isPackage)
      .filter((it) => roomOf(it.from) !== roomOf(it.to) && !ROOMS[roomOf(it.from)]?.includes(roomOf(it.to)))
      .map((it) => `${it.from} -> ${it.to}`);
    expect(upwards).toEqual([]);
  });

  it('keep deployables apart from each other', () => {
    const across = imports
      .filter((it) => !it.isPackage && roomOf(it.from) === 'lambdas' && roomOf(it.to) === 'lambdas')
      .filter((it) => it.from.split(path.sep)[1] !== it.to.split(path.sep)[1])
      .map((it) => `${it.from} -> ${it.to}`);
    expect(across).toEqual([]);
  });

  it('keep the CDK out of everything but constructs, apps and two value classes', () => {
    const wrong = imports
      .filter((it) => it.isPackage && /^(aws-cdk-lib|constructs)(\/|$)/.test(it.to))
      .filter((it) => !isAllowedCdkImport(it))
      .map((it) => `${it.from} imports ${it.to}`);
    expect(wrong).toEqual([]);
  });

  it('have no circle, of types neither', () => {
    expect(circles(imports.filter((it) => !it.isPackage))).toEqual([]);
  });
});

function isAllowedCdkImport(it: Import): boolean {
  const allowed = CDK_NAMES[roomOf(it.from)];
  if (allowed === 'everything') {
    return true;
  }
  const text = fs.readFileSync(path.join(root, it.from), 'utf8');
  const names = /import (?:type )?\{([^}]*)\} from 'aws-cdk-lib'/.exec(text)?.[1].split(',').map((name) => name.replace('type', '').trim()).filter(Boolean);
  return allowed !== undefined && names !== undefined && names.every((name) => allowed.includes(name));
}

/** Groups of files that import each other in a ring. */
function circles(edges: readonly Import[]): string[] {
  const graph = new Map<string, string[]>();
  for (const { from, to } of edges) {
    graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    if (state.get(file) === 'done') {
      return;
    }
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) {
      visit(next, [...trail, file]);
    }
    state.set(file, 'done');
  };
  [...graph.keys()].forEach((file) => visit(file, []));
  return found;
}
