import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { TokenIssuer } from '../../test/lambdas/payment-api/tokens';
import { bundle, type Bundles } from '../harness/bundle';
import { MeasuredProcess } from '../harness/measured-process';
import { MeasuredServer } from '../harness/measured-server';
import { rounded, spreadText, writeReport } from '../harness/report';
import { FEWEST_ROUNDS, interleave, type Measurements, ratio, rotations, type Side, spread } from '../harness/rounds';
import { LoadGenerator } from './load-generator';
import { profileRequests } from './request-profile';

/**
 * Server CPU of a payment's way from an HTTP request into the stream: an empty handler, Fastify with the AWS SDK, and the API of the reference as it
 * is deployed, each in a process of its own under the same load. Then the same of a batch, against `JSON.parse` of its bytes. Run by
 * `npm run bench:api -- [--rounds N] [--json FILE] [--profile FILE]`; the last writes a CPU profile of the API under requests of one payment, and
 * prints its steps.
 */

const WARM_UP_ROUNDS = 3;
const BATCH = 50;
const PROFILED_REQUESTS = 30_000;
/** Requests under way at once: of one payment each, and of a batch. */
const CONNECTIONS = 128;
const BATCH_CONNECTIONS = 16;
const PAYMENTS = '/payments';
const BATCHES = '/payments:batch';
const ISSUER = 'https://issuer.example';

const ENTRIES = {
  'cpu-probe': 'benchmarks/harness/cpu-probe.ts',
  'load': 'benchmarks/api/load.ts',
  'stub-kinesis': 'benchmarks/api/stub-kinesis.ts',
  'empty-handler': 'benchmarks/api/empty-handler.ts',
  'parse-handler': 'benchmarks/api/parse-handler.ts',
  'fastify-sdk': 'benchmarks/api/fastify-sdk.ts',
  'payment-api': 'lambdas/payment-api/index.ts',
  'json-parse-side': 'benchmarks/api/json-parse-side.ts',
  'batch-work-side': 'benchmarks/api/batch-work-side.ts',
};

const SINGLE_SIDES = {
  emptyHandler: 'an empty handler of Node.js that reads the same body',
  fastifySdk: 'Fastify with a schema, and a PutRecord of the AWS SDK for each payment',
  api: 'payment-api as deployed: token, all checks, one aggregated record for what comes within 5 ms',
};
const BATCH_SIDES = {
  jsonParse: 'JSON.parse of the bytes',
  batchWork: 'payment-api between the bytes of the body and the text of the answer',
  parseHandler: 'a handler of Node.js that reads the body and parses it',
  apiBatch: `payment-api as deployed, POST ${BATCHES}`,
};

/** Everything that must be stopped in the end, last first. */
type Stops = (() => void | Promise<void>)[];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, json: { type: 'string' }, profile: { type: 'string' } } });
  const rounds = Number(values.rounds ?? FEWEST_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new Error(`--rounds must be a whole number of at least ${FEWEST_ROUNDS}, got: ${values.rounds}`);
  }
  const stops: Stops = [];
  try {
    const bundles = await bundle(ENTRIES);
    stops.push(() => bundles.remove());
    const { single, batch, inProcess, api, loadApi } = await startSides(bundles, stops);
    const report = (text: string): void => void process.stderr.write(`${text}\n`);
    // By themselves: servers and load between them would take the caches of the processor from one side more than from the other.
    const turns = inProcess.length;
    const computed = rotations(await interleave(inProcess, turns * rounds, WARM_UP_ROUNDS, (text) => report(`without HTTP: ${text}`)), turns);
    const singles = await interleave(single, rounds, WARM_UP_ROUNDS, (text) => report(`single: ${text}`));
    const batches = await interleave(batch, rounds, WARM_UP_ROUNDS, (text) => report(`batch: ${text}`));

    print(`Server CPU in microseconds a payment, ${CONNECTIONS} connections, median (least to most) of ${rounds} interleaved rounds:`, single, singles);
    print(`The same in batches of ${BATCH}, ${BATCH_CONNECTIONS} connections:`, batch, batches);
    print(`Batches without HTTP on both sides, ${rounds} times each in both orders:`, inProcess, computed);
    const ratios = {
      emptyHandler: ratio(singles, 'emptyHandler', 'api'),
      fastifySdk: ratio(singles, 'fastifySdk', 'api'),
      jsonParse: ratio(computed, 'jsonParse', 'batchWork'),
      jsonParseOverHttp: ratio(batches, 'parseHandler', 'apiBatch'),
    };
    process.stdout.write('CPU of the other side over ours:\n');
    Object.entries(ratios).forEach(([name, values_]) => process.stdout.write(`  ${name.padEnd(18)} ${spreadText(values_, 2)}\n`));
    writeReport(values.json, {
      name: 'api',
      ratios: Object.fromEntries(Object.entries(ratios).map(([name, { median }]) => [name, rounded(median)])),
      figures: {
        rounds,
        connections: CONNECTIONS,
        batch: BATCH,
        batchConnections: BATCH_CONNECTIONS,
        ...microseconds(single, singles),
        ...microseconds(batch, batches),
        ...microseconds(inProcess, computed),
      },
    });
    if (values.profile !== undefined) {
      await profileRequests(api, bundles, 'payment-api', PROFILED_REQUESTS, () => loadApi(PROFILED_REQUESTS), path.resolve(values.profile));
    }
  } finally {
    for (const stop of stops.reverse()) {
      await stop();
    }
  }
}

interface Sides {
  readonly single: readonly Side[];
  readonly batch: readonly Side[];
  /** Batches between the bytes of the body and the text of the answer. */
  readonly inProcess: readonly Side[];
  readonly api: MeasuredServer;
  /** Posts so many payments to the API, each by itself. */
  readonly loadApi: (requests: number) => Promise<void>;
}

async function startSides(bundles: Bundles, stops: Stops): Promise<Sides> {
  const probe = bundles.file('cpu-probe');
  const serve = async (name: keyof typeof ENTRIES, variables: Record<string, string> = {}): Promise<MeasuredServer> => {
    const server = await MeasuredServer.start({ file: bundles.file(name), probe, variables });
    stops.push(() => server.stop());
    return server;
  };
  const compute = async (name: keyof typeof ENTRIES, argument: object): Promise<MeasuredProcess> => {
    // A bundle needs none of what lets this process run modules from source.
    const side = await MeasuredProcess.start(bundles.file(name), argument, []);
    stops.push(() => side.stop());
    return side;
  };

  const issuer = new TokenIssuer();
  const claims = { iss: ISSUER, exp: Math.floor(Date.now() / 1_000) + 86_400, sub: 'benchmark', merchants: ['*'], scope: 'payments:write payments:read' };
  const authorization = `Bearer ${issuer.token(claims)}`;
  const endpoint = `http://127.0.0.1:${(await serve('stub-kinesis')).port}`;
  const aws = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local', NODE_ENV: 'production', NODE_NO_WARNINGS: '1' };
  const emptyHandler = await serve('empty-handler');
  const parseHandler = await serve('parse-handler');
  const fastifySdk = await serve('fastify-sdk', { ...aws, KINESIS_ENDPOINT: endpoint, CONNECTIONS: String(CONNECTIONS) });
  const api = await serve('payment-api', {
    ...aws,
    AWS_ENDPOINT_URL_KINESIS: endpoint,
    PORT: '0',
    STREAM_NAME: 'payments',
    LEDGER_TABLES: 'ledger',
    LEDGER_BUCKETS: '{"default":1}',
    PARKING_TABLE: 'parking',
    BALANCE_TABLE: 'balances',
    JWT_ISSUER: ISSUER,
    JWT_KEY_SET: issuer.keySet,
    // As the reference limits each client: far above what one process can take.
    CLIENT_PAYMENTS_PER_SECOND: '1000000',
  });
  const jsonParse = await compute('json-parse-side', { batch: BATCH });
  const batchWork = await compute('batch-work-side', { batch: BATCH, batchesAtOnce: BATCH_CONNECTIONS });
  const load = await LoadGenerator.start(bundles.file('load'));
  stops.push(() => load.stop());

  const loadSingles = (server: MeasuredServer) => (requests: number): Promise<void> => (
    load.run({ port: server.port, path: PAYMENTS, authorization, connections: CONNECTIONS, requests })
  );
  const single = (name: keyof typeof SINGLE_SIDES, server: MeasuredServer, itemsPerRound: number): Side => ({
    name,
    description: SINGLE_SIDES[name],
    itemsPerRound,
    round: (requests) => server.during(() => loadSingles(server)(requests)),
  });
  const batched = (name: keyof typeof BATCH_SIDES, itemsPerRound: number, round: Side['round']): Side => ({
    name, description: BATCH_SIDES[name], itemsPerRound, round,
  });
  const overHttp = (server: MeasuredServer) => (payments: number): Promise<number> => server.during(() => load.run({
    port: server.port, path: BATCHES, authorization, connections: BATCH_CONNECTIONS, requests: payments / BATCH, batch: BATCH,
  }));
  return {
    api,
    loadApi: loadSingles(api),
    single: [single('emptyHandler', emptyHandler, 10_000), single('fastifySdk', fastifySdk, 1_500), single('api', api, 6_000)],
    inProcess: [
      batched('jsonParse', 100_000, (payments) => jsonParse.round(payments)),
      batched('batchWork', 50_000, (payments) => batchWork.round(payments)),
    ],
    batch: [
      batched('parseHandler', 100_000, overHttp(parseHandler)),
      batched('apiBatch', 50_000, overHttp(api)),
    ],
  };
}

function print(title: string, sides: readonly Side[], measurements: Measurements): void {
  process.stdout.write(`${title}\n`);
  for (const { name, description } of sides) {
    process.stdout.write(`  ${name.padEnd(14)} ${spreadText(spread(measurements.get(name)!), 2).padEnd(30)} ${description}\n`);
  }
}

function microseconds(sides: readonly Side[], measurements: Measurements): Record<string, number> {
  return Object.fromEntries(sides.map(({ name }) => [`${name}MicrosecondsPerPayment`, rounded(spread(measurements.get(name)!).median)]));
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
