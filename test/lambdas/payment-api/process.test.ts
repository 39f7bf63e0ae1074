import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { status } from '@grpc/grpc-js';
import { buildSync } from 'esbuild';
import { deaggregate } from '../../../lambdas/runtime/aggregate/kpl-aggregate';
import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { payment } from './api-client';
import { message, PlainClient } from './grpc-client';
import { TokenIssuer } from './tokens';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

/** The bundled API as a process of its own, with a Kinesis endpoint on loopback. */
class ApiProcess {
  public readonly lines: string[] = [];
  public errorText = '';
  public readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  public constructor(bundle: string, variables: Record<string, string>) {
    this.child = spawn(process.execPath, [bundle], { env: variables, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => { this.lines.push(...chunk.toString().split('\n').filter((line) => line !== '')); });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.errorText += chunk.toString(); });
    this.ended = new Promise((resolve) => { this.child.on('close', resolve); });
  }

  public async port(): Promise<number> {
    await until(() => this.lines.length > 0);
    return (JSON.parse(this.lines[0]) as { port: number }).port;
  }

  public signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition();) {
    if (Date.now() > deadline) {
      throw new Error('it did not come to that');
    }
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

const issuer = new TokenIssuer();
const authorization = `Bearer ${issuer.token({
  iss: 'https://issuer.example', exp: Math.floor(Date.now() / 1_000) + 600, sub: 'c', merchants: ['*'], scope: 'payments:write payments:read',
})}`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'payment-api-'));
const bundle = path.join(folder, 'index.js');
const stored: string[] = [];
let calls = 0;
let isHeld = false;
const held: (() => void)[] = [];
const kinesis = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    calls++;
    const answer = (): void => {
      const { Records: records } = JSON.parse(Buffer.concat(chunks).toString()) as { Records: { Data: string; PartitionKey: string }[] };
      response.end(JSON.stringify({ FailedRecordCount: 0, Records: records.map(({ Data: data, PartitionKey: key }) => {
        stored.push(...deaggregate(Buffer.from(data, 'base64'), key).map((user) => decodePaymentRecord(user.data).idempotencyKey));
        return { SequenceNumber: String(stored.length), ShardId: 'shardId-000000000000' };
      }) }));
    };
    if (isHeld) {
      held.push(answer);
    } else {
      answer();
    }
  });
});
let variables: Record<string, string>;

beforeAll(async () => {
  buildSync({ entryPoints: [path.join(__dirname, '../../../lambdas/payment-api/index.ts')], bundle: true, platform: 'node', target: 'node20', format: 'cjs', outfile: bundle });
  await new Promise<void>((resolve) => { kinesis.listen(0, '127.0.0.1', resolve); });
  const endpoint = `http://127.0.0.1:${(kinesis.address() as AddressInfo).port}`;
  variables = {
    PORT: '0', STREAM_NAME: 'payments', LEDGER_TABLES: 'ledger', LEDGER_BUCKETS: '{"default":1}', PARKING_TABLE: 'parking', BALANCE_TABLE: 'balances',
    JWT_ISSUER: 'https://issuer.example', JWT_KEY_SET: issuer.keySet, RECEIPT_LIFETIME_SECONDS: '60', AGGREGATION_LINGER_MILLISECONDS: '2',
    AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_ENDPOINT_URL_KINESIS: endpoint, AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  };
});
afterAll(() => {
  kinesis.closeAllConnections();
  kinesis.close();
  fs.rmSync(folder, { recursive: true });
});

function post(port: number, body: object, headers: Record<string, string> = { authorization }): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/payments`, { method: 'POST', body: JSON.stringify(body), headers });
}

describe('the bundled process', () => {
  it('takes payments in, and on SIGTERM answers what is under way and ends with 0', async () => {
    const api = new ApiProcess(bundle, variables);
    const port = await api.port();
    expect(api.lines).toEqual([`{"event":"listening","port":${port}}`]);
    expect((await post(port, payment(), {})).status).toBe(401);
    const accepted = await post(port, payment({ idempotencyKey: 'first' }));
    expect([accepted.status, accepted.headers.get('location')]).toEqual([202, '/merchants/m-1/payments/first']);
    expect(stored).toEqual(['first']);

    isHeld = true;
    const before = calls;
    const underWay = post(port, payment({ idempotencyKey: 'second' }));
    await until(() => calls > before);
    api.signal('SIGTERM');
    await expect((async () => {
      for (;;) {
        await post(port, payment({ idempotencyKey: 'third', amount: 0 }));
      }
    })()).rejects.toThrow('fetch failed');
    isHeld = false;
    held.splice(0).forEach((answer) => answer());
    expect((await underWay).status).toBe(202);
    expect(await api.ended).toBe(0);
    expect(stored).toEqual(['first', 'second']);
    expect(api.lines.slice(1)).toEqual(['{"event":"stopped","signal":"SIGTERM","drained":"yes"}']);
    expect(api.errorText).toBe('');
  });

  it('takes payments over gRPC as well where it has a port for it, and drains both', async () => {
    const api = new ApiProcess(bundle, { ...variables, GRPC_PORT: '0' });
    await api.port();
    const { grpcPort } = JSON.parse(api.lines[0]) as { grpcPort: number };
    const client = new PlainClient(grpcPort);
    const before = stored.length;
    expect((await client.accept([message({ idempotencyKey: 'none' })])).code).toBe(status.UNAUTHENTICATED);
    expect(await client.accept([message({ idempotencyKey: 'by-grpc' })], { authorization })).toMatchObject({
      code: status.OK, results: [{ outcome: 'OUTCOME_ACCEPTED' }],
    });
    expect(stored.slice(before)).toEqual(['by-grpc']);
    api.signal('SIGTERM');
    expect(await api.ended).toBe(0);
    expect(api.lines.slice(1)).toEqual(['{"event":"stopped","signal":"SIGTERM","drained":"yes"}']);
    client.close();
  });

  it('shows what it counts where it has a port for it', async () => {
    const api = new ApiProcess(bundle, { ...variables, METRICS_PORT: '0' });
    const port = await api.port();
    const { metricsPort } = JSON.parse(api.lines[0]) as { metricsPort: number };
    expect((await post(port, payment())).status).toBe(202);
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toContain('\nhttp_requests_total{route="POST /payments",status="2xx"} 1\n');
    api.signal('SIGTERM');
    expect(await api.ended).toBe(0);
  });

  it('takes payments in although cache and profiles are down, and holds clients to their limit', async () => {
    const dead = { CACHE_ENDPOINTS: '127.0.0.1:1', CACHE_TLS: 'false', PROFILE_TABLE: 'profiles', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' };
    const api = new ApiProcess(bundle, { ...variables, ...dead, CLIENT_PAYMENTS_PER_SECOND: '3', API_TASKS: '1' });
    const port = await api.port();
    const statuses: number[] = [];
    for (let times = 0; times < 10; times++) {
      statuses.push((await post(port, payment())).status);
    }
    expect(statuses.slice(0, 3)).toEqual([202, 202, 202]);
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
    api.signal('SIGTERM');
    expect(await api.ended).toBe(0);
    const figures = api.lines.filter((line) => line.includes('_aws')).map((line) => JSON.parse(line) as Record<string, number>);
    expect(figures).toHaveLength(1);
    expect(figures[0].PaymentsNotEnriched).toBe(statuses.filter((status) => status === 202).length);
    expect(figures[0].LimitsWithoutCache).toBe(10);
    expect(api.errorText).toBe('');
  });

  it('lets everybody in when authentication is off', async () => {
    const { JWT_ISSUER: _issuer, JWT_KEY_SET: _keys, ...others } = variables;
    const api = new ApiProcess(bundle, { ...others, AUTHENTICATION: 'none' });
    expect((await post(await api.port(), payment(), {})).status).toBe(202);
    api.signal('SIGINT');
    expect(await api.ended).toBe(0);
  });

  it.each(['LEDGER_TABLES', 'LEDGER_BUCKETS', 'PARKING_TABLE', 'BALANCE_TABLE', 'JWT_ISSUER'])('does not start without %s', async (name) => {
    const { [name]: _left, ...others } = variables;
    const api = new ApiProcess(bundle, others);
    expect(await api.ended).toBe(1);
    expect(api.errorText).toContain(`${name} must be set`);
    expect(api.lines).toEqual([]);
  });

  it('does not start without keys and without the address where they are', async () => {
    const { JWT_KEY_SET: _keys, ...others } = variables;
    const api = new ApiProcess(bundle, others);
    expect(await api.ended).toBe(1);
    expect(api.errorText).toContain('JWT_JWKS_ENDPOINT must be set');
  });

  it('does not start without stream and without queue for refunds', async () => {
    const { STREAM_NAME: _stream, ...others } = variables;
    const api = new ApiProcess(bundle, others);
    expect(await api.ended).toBe(1);
    expect(api.errorText).toContain('REFUND_QUEUE_URL must be set');
  });
});
