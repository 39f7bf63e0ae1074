import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { codeFolder, imageFolder, Topology } from '../../lib/topology';
import { type FaultName, FAULTS, type FaultSettings } from '../../local/faults';
import { inLanes, lanesOfThisMachine } from '../support/lanes';
import { runForVerdict, type VerdictRun } from '../support/verdict-run';
import { synthesizeForVerification } from '../support/verified-assembly';
import { PLANTED_DEFECTS, type PlantedDefect, plantedDefect } from './defects';
import { report, type Trial } from './report';

/**
 * Runs the reference once with each planted defect in the place of a deployable and the faults that show it, and once as it is with each
 * set of those faults. Every defect has to be reported in the right field, and the correct build in none.
 *
 * Run by `npm run verify:checker [-- --planted NAME]`. The defect is put into a copy of the assembly: the run itself knows nothing of it.
 */

const root = path.join(__dirname, '..', '..');
const RATE = '300';
const SECONDS = 6;
/** A fault that strikes once does so in the middle third of the load, and has to be over before its end; others take seconds to begin. */
const SECONDS_WITH_FAULTS = 15;
/** Faults that are there from the first payment on: these need no longer load than none. */
const AT_ONCE: readonly string[] = ['poison'] satisfies FaultName[];
/** How long nothing may move until a run gives up. Longer than a refund waits in its queue between two looks. */
const DRAIN_TIMEOUT_SECONDS = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { planted: { type: 'string' } } });
  const chosen = values.planted === undefined ? PLANTED_DEFECTS : [plantedDefect(values.planted)];
  process.chdir(root);
  const assembly = await synthesizeForVerification();
  let failures = 0;
  const trials = trialsOf(chosen);
  try {
    await inLanes(lanesOfThisMachine(), trials, async (trial) => {
      const { passed, line } = report(trial, await runWith(assembly.folder, trial));
      failures += passed ? 0 : 1;
      process.stdout.write(line);
    });
  } finally {
    assembly.dispose();
  }
  process.stdout.write(`${trials.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

/**
 * The correct build once with each set of faults, then the defects. It is killed first: a queue hides what a killed worker had received for
 * minutes, which pass beside the other trials.
 */
function trialsOf(chosen: readonly PlantedDefect[]): Trial[] {
  const sets = [...new Map(chosen.map(({ faults }) => [JSON.stringify(faults), faults])).values()]
    .sort((one, other) => Number('kill-worker' in other) - Number('kill-worker' in one));
  return [
    ...sets.map((faults): Trial => ({ title: `the correct build${described(faults)}`, faults, planted: undefined })),
    ...chosen.map((planted): Trial => ({ title: `${planted.name}${described(planted.faults)}`, faults: planted.faults, planted })),
  ];
}

function described(faults: FaultSettings): string {
  return flags(faults).map((word) => ` ${word}`).join('');
}

function flags(faults: FaultSettings): string[] {
  return (Object.entries(faults) as [FaultName, number][]).flatMap(([name, value]) => [
    `--${FAULTS.find((fault) => fault.name === name)?.flag}`, String(value),
  ]);
}

async function runWith(assembly: string, { faults, planted }: Trial): Promise<VerdictRun> {
  const folder = fs.mkdtempSync(path.join(root, '.local', 'verify-'));
  try {
    const copy = path.join(folder, 'assembly');
    fs.cpSync(assembly, copy, { recursive: true });
    if (planted !== undefined) {
      await plant(planted, copy);
    }
    const seconds = Object.keys(faults).every((name) => AT_ONCE.includes(name)) ? SECONDS : SECONDS_WITH_FAULTS;
    return await runForVerdict(copy, folder, [
      '--rate', RATE, '--seconds', String(seconds), '--seed', '1', '--no-page', ...flags(faults),
      // What is planted may never drain; the correct build is given all the time that it asks for.
      ...(planted === undefined ? [] : ['--drain-timeout', String(DRAIN_TIMEOUT_SECONDS)]),
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the defective bundle over the one of the deployable, wherever the assembly holds it. */
async function plant({ name, deployable }: PlantedDefect, assembly: string): Promise<void> {
  const correct = fs.readFileSync(path.join(root, 'assets', deployable, 'index.js'));
  const targets = bundleFolders(Topology.read(assembly)).map((folder) => path.join(folder, 'index.js'))
    .filter((file) => fs.existsSync(file) && fs.readFileSync(file).equals(correct));
  if (targets.length === 0) {
    throw new Error(`the assembly holds no bundle of ${deployable}`);
  }
  for (const outfile of targets) {
    await build({
      stdin: {
        contents: `import { start } from './live/${deployable}';\nimport { defect } from './planted/${name}';\nmodule.exports = start(defect);\n`,
        resolveDir: __dirname,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
  }
}

/** Folders with the code of functions and of containers. */
function bundleFolders(topology: Topology): string[] {
  const functions = topology.ofType('AWS::Lambda::Function').map(codeFolder);
  const containers = topology.ofType('AWS::ECS::TaskDefinition').flatMap(({ properties, stack }) =>
    ((properties.ContainerDefinitions ?? []) as { Image: string }[]).map(({ Image }) => imageFolder(Image, stack)));
  return [...new Set([...functions, ...containers].filter((folder) => folder !== undefined))];
}

void main().then((code) => process.exit(code));
