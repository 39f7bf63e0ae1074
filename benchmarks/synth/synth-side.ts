import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** What one synthesis of the reference took, CPU in microseconds. */
export interface SynthCost {
  /** Loading everything, building the tree, writing the assembly. */
  readonly total: number;
  /** Of that: deriving sizes. */
  readonly sizing: number;
  /** Of that: the rules. */
  readonly checks: number;
}

interface Timed {
  [name: string]: unknown;
}

const [build, withChecks, kept] = process.argv.slice(2);
/** The assembly stays there where a folder is named. */
const outdir = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'synth-'));
const spent = { sizing: 0, checks: 0 };
let depth = 0;

/** Adds the CPU time of a function to a sum; of calls inside each other the outermost counts. */
function timed<Arguments extends unknown[], Result>(sum: keyof typeof spent, work: (...parameters: Arguments) => Result) {
  return function (this: unknown, ...parameters: Arguments): Result {
    const before = process.cpuUsage();
    depth++;
    try {
      return work.apply(this, parameters);
    } finally {
      if (--depth === 0) {
        spent[sum] += microseconds(before);
      }
    }
  };
}

function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

function load(file: string): Timed {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- compiled files that are there at run time only
  return require(path.join(build, file)) as Timed;
}

/** Times every function that derives sizes. Only where checks are timed too: it loads all of them, also those that the reference has no use for. */
function timeSizing(): void {
  const sizingFolder = path.join(build, 'lib', 'sizing');
  for (const file of fs.readdirSync(sizingFolder).filter((it) => it.endsWith('.js'))) {
    const module = load(path.join('lib', 'sizing', file));
    for (const name of Object.keys(module).filter((it) => it.startsWith('size') && Object.getOwnPropertyDescriptor(module, it)?.writable)) {
      module[name] = timed('sizing', module[name] as (...parameters: unknown[]) => unknown);
    }
  }
}

function main(): SynthCost {
  const before = process.cpuUsage();
  if (withChecks === 'checks') {
    timeSizing();
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading it is part of what is measured
  const { Validations } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const { referenceApp } = load('apps/payment-reference/reference-app.js') as unknown as typeof import('../../apps/payment-reference/reference-app');
  const { PaymentReferenceStage } = load('apps/payment-reference/payment-reference-stage.js') as unknown as typeof import('../../apps/payment-reference/payment-reference-stage');
  const { environments } = load('apps/payment-reference/workload.js') as unknown as typeof import('../../apps/payment-reference/workload');
  const app = referenceApp({ outdir, context: (JSON.parse(fs.readFileSync('cdk.json', 'utf8')) as { context: object }).context as { [key: string]: unknown } });
  new PaymentReferenceStage(app, 'payments-prod', { env: { region: 'eu-west-1' }, environmentName: 'prod', workload: environments.prod });
  if (withChecks === 'checks') {
    const { HighThroughputChecks } = load('lib/checks/index.js') as unknown as typeof import('../../lib/checks');
    const plugin = new HighThroughputChecks();
    plugin.validate = timed('checks', plugin.validate.bind(plugin));
    Validations.of(app).addPlugins(plugin);
  }
  app.synth();
  return { total: microseconds(before), ...spent };
}

try {
  process.send!(main());
} finally {
  if (kept === undefined) {
    fs.rmSync(outdir, { recursive: true, force: true });
  }
}
