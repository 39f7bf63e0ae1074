import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { missingPostgresql } from '../../local/engines/database';
import { findGateway, GATEWAY_PROGRAMS, type GatewayProgram } from '../../local/engines/gateway';
import type { Verdict } from '../../local/run/verdict';
import type { ExternalCheck, ExternalResult } from './external-check';
import { ended } from './programs';

/** Often enough that the load strikes on both pods, and a kill of one on requests that are under way. */
const LOAD = ['--rate', '400', '--seconds', '10', '--seed', '11', '--kill-api-every', '3'];

/** Payments through every gateway that is on the PATH, to pods of which one is killed now and then: each takes effect once. */
export const gatewayCheck: ExternalCheck = {
  name: 'payments through a gateway',
  async run(): Promise<ExternalResult> {
    const programs = GATEWAY_PROGRAMS.flatMap((name) => findGateway([name]) ?? []);
    const missing = programs.length === 0 ? `none of ${GATEWAY_PROGRAMS.join(' and ')} is on the PATH that is new enough` : missingPostgresql();
    if (missing !== undefined) {
      return { status: 'skipped', detail: missing };
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gateway-check-'));
    try {
      const details: string[] = [];
      // One after the other: each run takes a whole machine.
      for (const program of programs) {
        details.push(await payThrough(program, path.join(folder, `${program.name}.json`)));
      }
      return { status: 'passed', detail: details.join('; ') };
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },
};

/** @returns what was seen. @throws Error where a payment is not where it has to be, or did not go that way */
async function payThrough({ name, title }: GatewayProgram, json: string): Promise<string> {
  const words = ['bin/cht.js', 'run', '--environment', 'local', '--profile', 'kubernetes', '--gateway', name, '--no-page', '--json', json, ...LOAD];
  const { code, output } = await ended(process.execPath, words);
  assert.equal(code, 0, `through ${title} the run ended with ${code}: ${output}`);
  const { acked, applied, doubled, drained, gateway, kills, lost, outOfBalance } = JSON.parse(fs.readFileSync(json, 'utf8')) as Verdict;
  assert.deepEqual({ doubled, drained, lost, outOfBalance }, { doubled: 0, drained: true, lost: 0, outOfBalance: 0 }, title);
  assert.equal(gateway?.engine, title);
  assert(applied > 0 && kills > 0, `through ${title}: ${applied} applied, ${kills} kills`);
  return `${acked} acknowledged through ${title}, ${kills} pods killed, 0 lost, 0 doubled, 0 out of balance`;
}
