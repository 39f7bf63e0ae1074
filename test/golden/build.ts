import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { samplesOf, streamOf } from './samples';
import { type GoldenRecords, MODULES, type WorkerVersion } from './worker-version';
import { WorkerWorld } from './worker-world';

/**
 * Keeps a version for the tests of rolling versions: `node --import tsx test/golden/build.ts COMMIT`.
 *
 * From the sources of that commit it makes `test/golden/DATE-COMMIT/worker.js`, the workers down to the calls that leave the process, and
 * `records.json`, what the API of that commit writes and what its workers make of it. To be run for a version that was deployed; what it has
 * made never changes again.
 */

const root = path.join(__dirname, '..', '..');

async function main([name]: readonly string[]): Promise<void> {
  if (name === undefined || !/^[\w./-]+$/.test(name)) {
    throw new Error(`COMMIT must name a commit, got: ${name}`);
  }
  const [commit, committedAt] = git('log', '-1', '--format=%h %cI', name).trim().split(' ');
  const folder = path.join(__dirname, `${committedAt.slice(0, 10)}-${commit}`);
  const sources = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-golden-'));
  try {
    execFileSync('tar', ['-x', '-C', sources], { input: execFileSync('git', ['archive', commit, 'lambdas'], { cwd: root, maxBuffer: 2 ** 30 }) });
    fs.mkdirSync(folder, { recursive: true });
    await bundle(sources, path.join(folder, 'worker.js'), commit);
  } finally {
    fs.rmSync(sources, { recursive: true, force: true });
  }
  const version = createRequire(__filename)(path.join(folder, 'worker.js')) as WorkerVersion;
  const golden: GoldenRecords = { commit, committedAt, ...await records(version) };
  fs.writeFileSync(path.join(folder, 'records.json'), `${JSON.stringify(golden, undefined, 1)}\n`);
  process.stdout.write(`${path.relative(root, folder)}: ${golden.contents.length} records, ${golden.rows.length} rows, ${golden.parked.length} parked, ${golden.waiting.length} waiting\n`);
}

async function bundle(sources: string, outfile: string, commit: string): Promise<void> {
  const contents = Object.entries(MODULES).map(([name, modules]) => {
    const file = modules.find((module) => fs.existsSync(path.join(sources, 'lambdas', `${module}.ts`)));
    if (file === undefined) {
      throw new Error(`commit ${commit} has none of ${modules.join(', ')}: its modules have other names, which belong into MODULES`);
    }
    return `export { ${name} } from './lambdas/${file}';`;
  }).join('\n');
  await build({
    stdin: { contents, resolveDir: sources, loader: 'ts' },
    outfile,
    absWorkingDir: sources,
    nodePaths: [path.join(root, 'node_modules')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    banner: { js: `/* eslint-disable -- The workers of commit ${commit}, made by test/golden/build.ts: not to be changed. */` },
  });
}

async function records(version: WorkerVersion): Promise<Omit<GoldenRecords, 'commit' | 'committedAt'>> {
  const contents = samplesOf(version);
  const stream = streamOf(version, contents);
  const world = await WorkerWorld.create();
  const left = await world.settle(version, stream);
  if (left > 0) {
    throw new Error('the workers of that commit do not settle their own records');
  }
  return {
    stream: stream.map((data) => Buffer.from(data).toString('base64')),
    contents,
    rows: await world.items('ledger'),
    parked: await world.items('parking'),
    waiting: [...world.messages].sort(),
  };
}

function git(...words: string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' });
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
