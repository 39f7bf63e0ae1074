import * as fs from 'node:fs';
import * as path from 'node:path';
import { Topology } from '../../lib/topology';
import { canStrike, faultNamed, FAULTS, type FaultName } from '../../local/faults';
import { faultParts } from '../../local/plan/fault-parts';
import { planRun } from '../../local/plan/run-plan';
import { inLanes } from '../support/lanes';
import { runForVerdict } from '../support/verdict-run';
import { synthesizeForVerification } from '../support/verified-assembly';
import { complaints, summary } from './judgement';
import { readOptions } from './options';

/**
 * Runs the reference under each fault alone, and under all of them together with several seeds, each at its suggested value. A run
 * passes when the fault was seen, nothing was lost, doubled or out of balance, and the backlog drained once the faults were over.
 *
 * Run by `npm run verify:faults`; `--seconds`, `--together-seconds`, `--seeds`, `--rate` and `--only NAME,NAME` make it shorter; `--profile
 * kubernetes` runs the other profile. Runs go on side by side (`--lanes`), each with processes and ports of its own. A fault that the profile has no
 * part for is left out.
 */

const root = path.join(__dirname, '..', '..');

interface PlannedRun {
  readonly title: string;
  readonly faults: readonly FaultName[];
  readonly seconds: number;
  readonly seed: number;
}

async function main(): Promise<number> {
  const { seconds, togetherSeconds, seeds, rate, only, lanes, profile } = readOptions(process.argv.slice(2));
  process.chdir(root);
  const assembly = await synthesizeForVerification(profile);
  const parts = faultParts(planRun(Topology.read(assembly.folder)));
  const possible = FAULTS.filter((fault) => canStrike(fault, parts)).map(({ name }) => name);
  // The longest first: none is left alone at the end.
  const planned: PlannedRun[] = [];
  for (let seed = 1; seed <= seeds && togetherSeconds > 0; seed++) {
    planned.push({ title: `all together, seed ${seed}`, faults: possible, seconds: togetherSeconds, seed });
  }
  const alone = only.filter((name) => possible.includes(name));
  planned.push(...alone.map((name) => ({ title: flagWithSuggestion(name), faults: [name], seconds, seed: 1 })));
  process.stdout.write(`${planned.length} runs at ${rate} payments/s, ${lanes} at a time\n`);
  const passed = await inLanes(lanes, planned, (run) => verify(assembly.folder, rate, run)).finally(() => assembly.dispose());
  const failures = passed.filter((it) => !it).length;
  process.stdout.write(`${planned.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

/** Prints one line, and what the run printed where it did not pass; its logs stay then. */
async function verify(assembly: string, rate: number, run: PlannedRun): Promise<boolean> {
  const local = path.join(root, '.local');
  fs.mkdirSync(local, { recursive: true });
  const folder = fs.mkdtempSync(path.join(local, 'verify-'));
  const flags = run.faults.flatMap((name) => [`--${faultNamed(name).flag}`, String(faultNamed(name).suggested)]);
  const words = ['--rate', String(rate), '--seconds', String(run.seconds), '--seed', String(run.seed), '--no-page', ...flags];
  const outcome = await runForVerdict(assembly, folder, words);
  const wrong = complaints(outcome, run.faults, run.seconds);
  const passed = wrong.length === 0;
  const detail = passed ? summary(outcome.verdict!, run.faults) : `${wrong.join('; ')}. Logs: ${path.relative(root, folder)}`;
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${run.title.padEnd(28)}  ${outcome.seconds.toFixed(0)} s  ${detail}\n`);
  if (passed) {
    fs.rmSync(folder, { recursive: true, force: true });
  } else {
    process.stdout.write(`${outcome.output.trimEnd().replace(/^/gm, '        ')}\n`);
  }
  return passed;
}

function flagWithSuggestion(name: FaultName): string {
  const { flag, suggested } = faultNamed(name);
  return `--${flag} ${suggested}`;
}

void main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  },
);
