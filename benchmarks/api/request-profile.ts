import * as fs from 'node:fs';
import { namedByFile, printSteps, type Step, type WorkerProfile } from '../runtime/profile-steps';
import type { Bundles } from '../harness/bundle';
import type { MeasuredServer } from '../harness/measured-server';

/** What a request of one payment is made of, in the API. The first that fits counts. */
const STEPS: readonly Step[] = [
  { name: 'verify the token, look at what its bearer may', files: /payment-api\/(?:authentication|token-authenticator|key-authenticator)|runtime\/security\// },
  { name: 'read the JSON: grammar, duplicate members, card numbers', files: /runtime\/json\// },
  { name: 'check every rule', files: /runtime\/payment\/(?:payment-validation|field-rules|currency|card-number|payment-text)/ },
  { name: 'write the record', files: /runtime\/(?:payment\/payment-codec|protobuf\/)/ },
  { name: 'memory of keys', files: /payment-api\/(?:accepted-payments|request-memory|keyed-hash)|runtime\/payment\/record-parts/ },
  { name: 'aggregate, with its MD5 digest', files: /runtime\/aggregate\// },
  { name: 'JSON of PutRecords, signature, call', files: /runtime\/(?:aws\/|producer\/put-records)/ },
  { name: 'receipts', files: /runtime\/producer\/receipt/ },
  { name: 'way into the stream and back', files: /runtime\/(?:producer|retry)\// },
  { name: 'counts, spans, log', files: /runtime\/observability\// },
  { name: 'admission and shedding', files: /payment-api\/admission|runtime\/resilience\// },
  { name: 'HTTP of the API: body, route, head, answer', files: /runtime\/http\/|payment-api\/(?:server|exchange)/ },
  { name: 'the rest of the API', files: /^lambdas\// },
];

/** Takes a CPU profile of a server while it is loaded, writes it with the functions' own files in it, and prints its steps. */
export async function profileRequests(
  server: MeasuredServer, bundles: Bundles, entry: string, requests: number, load: () => Promise<void>, file: string,
): Promise<void> {
  const { microseconds, profile } = await server.profiledDuring(load);
  const whole: WorkerProfile = {
    ...namedByFile(profile as unknown as WorkerProfile, `${entry}.js`, bundles.sourceMap(entry)),
    payments: requests,
    processMicroseconds: microseconds,
  };
  fs.writeFileSync(file, JSON.stringify(whole));
  printRequestSteps(whole);
}

function printRequestSteps(profile: WorkerProfile): void {
  printSteps(profile, 'The API', STEPS);
}

if (require.main === module) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    throw new Error('the file of a profile must be given: benchmarks/api/request-profile.ts FILE');
  }
  printRequestSteps(JSON.parse(fs.readFileSync(file, 'utf8')) as WorkerProfile);
}
