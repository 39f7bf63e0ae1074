import * as fs from 'node:fs';
import { SourceMap } from 'node:module';

/**
 * Where the worker's CPU goes, step by step, from a profile that `npm run bench:runtime -- --profile FILE` wrote. Run by
 * `node --import tsx benchmarks/runtime/profile-steps.ts FILE`.
 */

interface CallFrame {
  readonly functionName: string;
  /** File in the project, or `node:…`. */
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A CPU profile as V8 writes it, and what it is of. */
export interface WorkerProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  /** Payments that were settled meanwhile. */
  readonly payments: number;
  /** CPU time of the whole process, all its threads, in microseconds. */
  readonly processMicroseconds: number;
}

/** A part of the work that is told by itself. */
export interface Step {
  readonly name: string;
  /** Files whose functions it is made of, with all that they call in Node.js. */
  readonly files: RegExp;
}

/** Those of the worker. The first that fits counts. */
const STEPS: readonly Step[] = [
  { name: 'decode: base64, aggregate, digest, protobuf', files: /runtime\/(?:batch\/decoded-batch|aggregate\/|protobuf\/|payment\/payment-codec)/ },
  { name: 'check the shape', files: /runtime\/(?:batch\/record-shape|payment\/)/ },
  { name: 'keys, and equal ones in the batch', files: /runtime\/(?:ledger\/(?:bulk-inserts|distinct-keys)|sharding\/)/ },
  { name: 'build statements', files: /runtime\/ledger\/ledger-row/ },
  { name: 'JSON of the calls, and of their answers', files: /runtime\/aws\/(?:json-bytes|dynamodb|json-client)/ },
  { name: 'sign (SHA-256 of the body, HMAC)', files: /runtime\/aws\/(?:signature|credentials)/ },
  { name: 'send and receive: HTTP, socket', files: /runtime\/aws\/(?:http-connections|http-answer)/ },
  { name: 'count, report, guard, retry', files: /runtime\/(?:observability|resilience|retry|batch)\// },
  { name: 'the rest of the worker', files: /^lambdas\// },
];
const COLLECTOR = 'garbage collection on the main thread';
const NODE = 'Node.js itself: promises, timers, streams';
const PROGRAM = 'the event loop outside JavaScript';
const OUTSIDE = 'not sampled: wake-ups, other threads (compiler, collector, profiler)';
const IDLE = new Set(['(idle)', '(root)']);

/**
 * A profile whose functions are told by their own files.
 *
 * @param file end of the path of a bundle
 * @param sourceMap of that bundle, as JSON
 */
export function namedByFile(profile: WorkerProfile, file: string, sourceMap: string): WorkerProfile {
  const map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
  const nodes = profile.nodes.map((node) => {
    const { callFrame } = node;
    if (!callFrame.url.endsWith(file)) {
      return node;
    }
    const entry = map.findEntry(callFrame.lineNumber, callFrame.columnNumber);
    return { ...node, callFrame: { ...callFrame, url: 'originalSource' in entry ? entry.originalSource.replace(/^(?:\.\.\/)+/, '') : '' } };
  });
  return { ...profile, nodes };
}

/** Microseconds of each step a payment, largest first. */
export function stepsOf(profile: WorkerProfile, steps: readonly Step[] = STEPS): ReadonlyMap<string, number> {
  const { nodes, samples, timeDeltas, payments, processMicroseconds } = profile;
  const parents = new Map<number, number>();
  nodes.forEach(({ id, children = [] }) => children.forEach((child) => parents.set(child, id)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const stepOfNode = new Map(nodes.map(({ id }) => [id, stepOf(id, frames, parents, steps)]));
  const found = new Map<string, number>();
  let sampled = 0;
  samples.forEach((id, index) => {
    const step = stepOfNode.get(id);
    if (step !== undefined) {
      found.set(step, (found.get(step) ?? 0) + timeDeltas[index] / payments);
      sampled += timeDeltas[index];
    }
  });
  const sorted = [...found].sort(([, left], [, right]) => right - left);
  return new Map([...sorted, [OUTSIDE, Math.max(0, processMicroseconds - sampled) / payments]]);
}

/** The step of the innermost function of the project that was running; undefined while nothing was. */
function stepOf(
  node: number, frames: ReadonlyMap<number, CallFrame>, parents: ReadonlyMap<number, number>, steps: readonly Step[],
): string | undefined {
  const { functionName } = frames.get(node) as CallFrame;
  if (IDLE.has(functionName)) {
    return undefined;
  }
  if (functionName === '(garbage collector)') {
    return COLLECTOR;
  }
  if (functionName === '(program)') {
    return PROGRAM;
  }
  for (let id: number | undefined = node; id !== undefined; id = parents.get(id)) {
    const { url } = frames.get(id) as CallFrame;
    const step = steps.find(({ files }) => url.startsWith('lambdas/') && files.test(url));
    if (step !== undefined) {
      return step.name;
    }
  }
  return NODE;
}

/** @param steps @default - those of the worker */
export function printSteps(profile: WorkerProfile, subject = 'The worker', steps: readonly Step[] = STEPS): void {
  const total = profile.processMicroseconds / profile.payments;
  process.stdout.write(`${subject} under the profiler, which itself costs: ${total.toFixed(1)} microseconds of CPU a payment\n`);
  for (const [name, microseconds] of stepsOf(profile, steps)) {
    process.stdout.write(`  ${microseconds.toFixed(2).padStart(6)}  ${(100 * microseconds / total).toFixed(0).padStart(3)} %  ${name}\n`);
  }
}

if (require.main === module) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    throw new Error('the file of a profile must be given: benchmarks/runtime/profile-steps.ts FILE');
  }
  printSteps(JSON.parse(fs.readFileSync(file, 'utf8')) as WorkerProfile);
}
