import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';

/** Switches off that the CDK notes where each construct was made. */
const NO_TRACES = 'aws:cdk:disable-creation-stack-traces';

/**
 * The floor under the reference: Node, aws-cdk-lib, and a program that makes the same resources as bare L1 (see `bareProgram`). It derives, grants
 * and checks nothing. Its settings are those of a new CDK app; `as-reference` gives it those of the reference, which leave out `tree.json` and stack
 * traces. With a third argument the assembly stays there, for who wants to hold it against the other one.
 */
function main(program: string, settings: string, kept: string | undefined): number {
  const before = process.cpuUsage();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading it is part of what is measured
  const cdk = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const outdir = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'floor-'));
  const asReference = settings === 'as-reference';
  const { [NO_TRACES]: _, ...context } = (JSON.parse(fs.readFileSync('cdk.json', 'utf8')) as { context: { [key: string]: unknown } }).context;
  const app = new cdk.App({ outdir, context: asReference ? { ...context, [NO_TRACES]: true } : context, treeMetadata: !asReference });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- made by the benchmark, loading it is part of what is measured
  (require(program) as { build(app: App): void }).build(app);
  app.synth();
  const { user, system } = process.cpuUsage(before);
  if (kept === undefined) {
    fs.rmSync(outdir, { recursive: true, force: true });
  }
  return user + system;
}

process.send!({ total: main(process.argv[2], process.argv[3], process.argv[4]) });
