import { execFileSync, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { bundleLambdas } from '../../lambdas/bundle';
import { rounded, spreadText, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, interleave, ratio, type Side, spread } from '../harness/rounds';
import { bareProgram } from './bare-program';
import { readBareStacks } from './bare-resources';
import { compilePackage, compileSide } from './compiled-package';
import { requireSameTemplates } from './same-templates';
import type { SynthCost } from './synth-side';

/**
 * What the reference's synthesis costs over the floor under it, what sizing and checks add to it, and what importing the package adds to importing
 * aws-cdk-lib's Stack; CPU time of fresh processes, AWS's own validation off on all sides. Run by
 * `npm run bench:synth -- [--rounds N] [--json FILE]`.
 */

const IMPORTS = {
  node: 'Node alone',
  stack: "aws-cdk-lib's Stack",
  package: 'Stack and the package',
  construct: 'Stack and one construct of the package, KinesisEventStream',
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, json: { type: 'string' } } });
  const rounds = Number(values.rounds ?? FEWEST_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new Error(`--rounds must be a whole number of at least ${FEWEST_ROUNDS}, got: ${values.rounds}`);
  }
  process.stderr.write('compiling the package\n');
  await bundleLambdas();
  const build = compilePackage();
  const [floorSide, synthSide] = [compileSide(build, 'floor-side'), compileSide(build, 'synth-side')];
  const program = await floorProgram(build, synthSide, floorSide);
  const costs: SynthCost[] = [];
  const sides: Side[] = [
    ...Object.keys(IMPORTS).map((name) => side(name, () => Promise.resolve(importCost(build, name as keyof typeof IMPORTS)))),
    side('floor', async () => (await processCost(floorSide, [program, 'as-new'])).total),
    side('floorTuned', async () => (await processCost(floorSide, [program, 'as-reference'], NODE_OPTIONS)).total),
    side('synthPlain', async () => (await synthCost(synthSide, build, false)).total),
    side('synth', async () => {
      const cost = await synthCost(synthSide, build, true);
      costs.push(cost);
      return cost.total;
    }),
  ];
  const measured = await interleave(sides, rounds, 1, (text) => process.stderr.write(`${text}\n`));
  const counted = costs.slice(-rounds);

  const milliseconds = (name: string) => measured.get(name)!.map((it) => it / 1000);
  const line = (name: string, values_: readonly number[], meaning: string): void => {
    process.stdout.write(`  ${name.padEnd(12)} ${spreadText(spread(values_)).padEnd(30)} ${meaning}\n`);
  };
  process.stdout.write(`CPU in milliseconds, median (least to most) of ${rounds} interleaved rounds:\n`);
  Object.entries(IMPORTS).forEach(([name, meaning]) => line(name, milliseconds(name), meaning));
  line('floor', milliseconds('floor'), 'the floor: Node, aws-cdk-lib, the same templates of prod made of bare L1, settings of a new CDK app');
  line('floorTuned', milliseconds('floorTuned'), "the same with the reference's settings: its Node options, no tree.json, no stack traces");
  line('synthPlain', milliseconds('synthPlain'), 'synthesis of prod without checks, imports included');
  line('synth', milliseconds('synth'), 'the same with checks');
  line('  sizing', counted.map((it) => it.sizing / 1000), 'of that: deriving all sizes');
  line('  checks', counted.map((it) => it.checks / 1000), 'of that: all rules');

  const added = spread(counted.map((it) => (it.sizing + it.checks) / (it.total - it.sizing - it.checks)));
  const stack = measured.get('stack')!.map((it, round) => it - measured.get('node')![round]);
  const ours = measured.get('package')!.map((it, round) => it - measured.get('stack')![round]);
  const imported = spread(stack).median / Math.max(1, spread(ours).median);
  process.stdout.write(`Sizing and checks add ${spreadText({ median: 100 * added.median, minimum: 100 * added.minimum, maximum: 100 * added.maximum })} % to the synthesis.\n`);
  process.stdout.write(`Importing the package adds ${(spread(ours).median / 1000).toFixed(1)} ms; importing Stack adds ${(spread(stack).median / 1000).toFixed(1)} ms to Node.\n`);
  const overFloor = ratio(measured, 'synthPlain', 'floor');
  const overTuned = ratio(measured, 'synthPlain', 'floorTuned');
  process.stdout.write(`The synthesis costs ${spreadText(overFloor, 2)} times the floor, ${spreadText(overTuned, 2)} times the floor with the reference's settings.\n`);
  writeReport(values.json, {
    name: 'synth',
    ratios: { stackImport: rounded(imported), floor: rounded(1 / overFloor.median), floorTuned: rounded(1 / overTuned.median) },
    figures: { rounds, addedPercent: rounded(100 * added.median), sizingMilliseconds: rounded(spread(counted.map((it) => it.sizing)).median / 1000),
      checksMilliseconds: rounded(spread(counted.map((it) => it.checks)).median / 1000), synthMilliseconds: rounded(spread(milliseconds('synth')).median) },
  });
}

function side(name: string, cost: () => Promise<number>): Side {
  return { name, description: name, itemsPerRound: 1, round: cost };
}

/** CPU time of a process that imports something and ends. */
function importCost(build: string, what: keyof typeof IMPORTS): number {
  const statements = {
    node: '',
    stack: 'require("aws-cdk-lib").Stack;',
    package: `require("aws-cdk-lib").Stack; require(${JSON.stringify(build)});`,
    construct: `require("aws-cdk-lib").Stack; require(${JSON.stringify(build)}).KinesisEventStream;`,
  }[what];
  const script = `${statements} const { user, system } = process.cpuUsage(); console.log(user + system);`;
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', cwd: path.join(__dirname, '..', '..') }));
}

function synthCost(synthSide: string, build: string, withChecks: boolean): Promise<SynthCost> {
  return processCost(synthSide, [build, withChecks ? 'checks' : 'plain'], NODE_OPTIONS) as Promise<SynthCost>;
}

const STAGE = 'payments-prod';

/** Options of Node that the command in `cdk.json` gives the reference. */
const NODE_OPTIONS = (JSON.parse(fs.readFileSync('cdk.json', 'utf8')) as { app: string }).app.split(' ').filter((word) => /^--.*=/.test(word));

/**
 * Synthesizes the reference once, writes the program of the floor after it, and holds what that program makes against the reference.
 *
 * @returns the program's file
 * @throws Error where the floor makes anything else
 */
async function floorProgram(build: string, synthSide: string, floorSide: string): Promise<string> {
  const [reference, floor] = ['reference', 'floor'].map((name) => path.join(build, 'assembly', name, `assembly-${STAGE}`));
  await processCost(synthSide, [build, 'plain', path.dirname(reference)]);
  const file = path.join(build, 'bare-program.js');
  fs.writeFileSync(file, bareProgram(STAGE, readBareStacks(reference)));
  await processCost(floorSide, [file, 'as-new', path.dirname(floor)]);
  requireSameTemplates(reference, floor);
  return file;
}

/** What a fresh process reports that runs a side. */
function processCost(side: string, words: readonly string[], nodeOptions: readonly string[] = []): Promise<{ readonly total: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(side, words, {
      execArgv: [...nodeOptions], env: { ...process.env, CDK_VALIDATION: 'false' }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (cost) => resolve(cost as SynthCost));
    child.once('exit', (code) => reject(new Error(`a synthesis ended with ${code}`)));
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
