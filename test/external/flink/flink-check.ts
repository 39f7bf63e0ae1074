import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ExternalCheck, ExternalResult } from '../external-check';
import { CASES } from './fraud-cases';
import { deployedProperties, type Properties, runJob } from './fraud-job';
import { byKey, decisionsOf, eventsOf, type FraudDecision } from './payment-events';
import { python, PYFLINK } from './pyflink';

/** Payments in a record. */
const PACKED = 3;
const DAY = 86_400_000;
/** Lines of a failed run that are shown. */
const SHOWN_LINES = 15;

/** The very SQL of the fraud rules, with the very properties of a deployment, on a real Flink; only its two tables are files. */
export const fraudRules: ExternalCheck = {
  name: 'fraud rules on Flink',
  async run(): Promise<ExternalResult> {
    const found = await python();
    if ('missing' in found) {
      return { status: 'skipped', detail: found.missing };
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-fraud-'));
    try {
      return await runCases(found.program, folder);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function runCases(program: string, folder: string): Promise<ExternalResult> {
  const records = recordLines();
  const [events, decisions] = ['events.json', 'decisions'].map((name) => path.join(folder, name));
  fs.writeFileSync(events, records.join('\n'));
  const deployed = deployedProperties();
  const files: Properties = {
    ...deployed,
    'fraud.events': { ...formatOptions(deployed['fraud.events']), connector: 'filesystem', path: events },
    'fraud.decisions': { ...formatOptions(deployed['fraud.decisions']), connector: 'filesystem', path: decisions },
    // One reader, so that payments come in the order of the file.
    'fraud.job': { ...deployed['fraud.job'], 'table.exec.resource.default-parallelism': '1' },
  };
  const run = await runJob(program, folder, files);
  if (run.code !== 0) {
    return { status: 'failed', detail: `the job ended with ${run.code}\n${complaints(run.output)}` };
  }
  const wrong = differences(decisionsOf(CASES), readDecisions(decisions));
  return wrong.length === 0
    ? { status: 'passed', detail: `${CASES.length} cases, ${records.length} records, the decisions are exactly those expected (PyFlink ${PYFLINK})` }
    : { status: 'failed', detail: `\n${wrong.join('\n')}` };
}

/** Of a failed run what is wrong, without the way through the code. */
function complaints(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |File |\^|\.\.\. \d+ more)/.test(line));
  return lines.slice(-SHOWN_LINES).join('\n');
}

/** Options that belong to the format stay as they are deployed. */
function formatOptions(options: { readonly [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name === 'format' || name.startsWith('json.')));
}

/** The events of all cases, packed as the worker packs them, and among them what is no record, no payment, or from the future. */
function recordLines(): string[] {
  const events = eventsOf(CASES);
  const lines: string[] = [];
  for (let start = 0; start < events.length; start += PACKED) {
    lines.push(JSON.stringify({ events: events.slice(start, start + PACKED) }));
  }
  const [first] = events;
  const others = { ...first, payerId: 'other' };
  lines.splice(
    1, 0,
    '{"events":[{"merchantId"', 'null', '{}', '{"events":[]}', '{"events":[null]}',
    JSON.stringify({ events: [{ ...others, payerId: null }, { ...others, amount: 'much' }] }),
    JSON.stringify({ events: [{ ...others, idempotencyKey: 'future', acceptedAt: Date.now() + DAY }] }),
  );
  return lines;
}

/** Flink writes files whose names begin with a dot while they are open. */
function readDecisions(folder: string): FraudDecision[] {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.crc'))
    .flatMap((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as FraudDecision)
    .sort(byKey);
}

function differences(expected: readonly FraudDecision[], found: readonly FraudDecision[]): string[] {
  const left = found.map((it) => JSON.stringify(it));
  const missing = expected.map((it) => JSON.stringify(it)).filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) {
      left.splice(at, 1);
    }
    return at < 0;
  });
  return [...missing.map((line) => `missing: ${line}`), ...left.map((line) => `not expected: ${line}`)];
}
