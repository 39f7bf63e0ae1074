import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { useAssembly } from '../../cli/assembly';
import { Topology, codeFolder } from '../../lib/topology';
import type { Verdict } from '../../local/run/verdict';
import { complaint, PLANTED_DEFECTS, type PlantedDefect } from './defects';

/**
 * Runs the reference once as it is and once with each planted defect in the place of a handler. Every defect has to be reported in the
 * right field, and the correct build in none.
 *
 * Run by `npm run verify:checker`. The defect is put into a copy of the assembly: the run itself knows nothing of it.
 */

const root = path.join(__dirname, '..', '..');
const RATE = '300';
const SECONDS = '6';

interface Outcome {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly seconds: number;
}

async function main(): Promise<number> {
  process.chdir(root);
  const assembly = await useAssembly(undefined, 'local');
  let failures = 0;
  try {
    for (const defect of [undefined, ...PLANTED_DEFECTS]) {
      const { verdict, exitCode, seconds } = await runWith(assembly.folder, defect);
      const wrong = complaint(verdict, exitCode, defect);
      failures += wrong === undefined ? 0 : 1;
      const { lost, doubled, outOfBalance } = verdict;
      process.stdout.write(
        `${wrong === undefined ? 'ok    ' : 'FAILED'}  ${(defect?.name ?? 'the correct build').padEnd(26)}`
        + `  lost ${lost}, doubled ${doubled}, out of balance ${outOfBalance}  after ${seconds.toFixed(1)} s${wrong === undefined ? '' : `: ${wrong}`}\n`,
      );
    }
  } finally {
    assembly.dispose();
  }
  const total = PLANTED_DEFECTS.length + 1;
  process.stdout.write(`${total - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

async function runWith(assembly: string, defect: PlantedDefect | undefined): Promise<Outcome> {
  const folder = fs.mkdtempSync(path.join(root, '.local', 'verify-'));
  try {
    const copy = path.join(folder, 'assembly');
    fs.cpSync(assembly, copy, { recursive: true });
    if (defect) {
      await plant(defect, copy);
    }
    const json = path.join(folder, 'verdict.json');
    const start = Date.now();
    const exitCode = await cht(folder, ['run', copy, '--rate', RATE, '--seconds', SECONDS, '--seed', '1', '--json', json]);
    const seconds = (Date.now() - start) / 1000;
    return { verdict: JSON.parse(fs.readFileSync(json, 'utf8')) as Verdict, exitCode, seconds };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the defective bundle over the one of the deployable, wherever the assembly holds it. */
async function plant(defect: PlantedDefect, assembly: string): Promise<void> {
  const correct = fs.readFileSync(path.join(root, 'assets', defect.deployable, 'index.js'));
  const folders = new Set(Topology.read(assembly).ofType('AWS::Lambda::Function').map(codeFolder).filter((folder) => folder !== undefined));
  const targets = [...folders].map((folder) => path.join(folder, 'index.js')).filter((file) => fs.existsSync(file) && fs.readFileSync(file).equals(correct));
  if (targets.length === 0) {
    throw new Error(`the assembly holds no bundle of ${defect.deployable}`);
  }
  for (const outfile of targets) {
    await build({
      entryPoints: [path.join(__dirname, 'planted', `${defect.name}.ts`)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
  }
}

/** Runs in a folder of its own: a run that finds something keeps its logs there. */
function cht(cwd: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'bin', 'cht.js'), ...words], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

void main().then((code) => process.exit(code));
