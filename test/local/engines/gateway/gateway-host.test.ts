import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { findGateway, GATEWAY_PROGRAMS, GatewayHost, type GatewayProgram, type GatewayRules } from '../../../../local/engines/gateway';
import { describeUnless } from '../../../support/describe-unless';
import { temporaryFolder } from '../../run/cht';
import { BARE_RULES } from './sample';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A pod that counts what comes, and answers once it may. */
class Pod {
  static async start(name: string): Promise<Pod> {
    const pod = new Pod(name);
    await new Promise<void>((resolve) => pod.server.listen(0, '127.0.0.1', resolve));
    return pod;
  }

  readonly seen: { readonly url: string; readonly headers: http.IncomingHttpHeaders; readonly body: string }[] = [];
  private readonly held: (() => void)[] = [];
  holds = false;
  /** Ends the connection of the next request in the place of an answer. */
  drops = 0;
  private readonly server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString('utf8'); });
    request.on('end', () => {
      if (request.url === '/readyz') {
        response.end('ready');
        return;
      }
      this.seen.push({ url: request.url!, headers: request.headers, body });
      if (this.drops > 0) {
        this.drops--;
        request.socket.destroy();
        return;
      }
      const answer = () => response.writeHead(202, { 'content-type': 'text/plain' }).end(this.name);
      if (this.holds) {
        this.held.push(answer);
      } else {
        answer();
      }
    });
  });

  private constructor(private readonly name: string) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get waiting(): number {
    return this.held.length;
  }

  release(): void {
    this.holds = false;
    this.held.splice(0).forEach((answer) => answer());
  }

  async stop(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const READINESS = { path: '/readyz', periodMilliseconds: 200, timeoutMilliseconds: 1_000, failures: 2, successes: 1 };
const RULES: GatewayRules = {
  ...BARE_RULES,
  backends: {
    ...BARE_RULES.backends, retries: 1, retriesResets: true, connectMilliseconds: 1_000, attemptMilliseconds: 5_000, failures: 3,
    ejectionMilliseconds: 1_000,
  },
  readiness: READINESS,
};

let folders = 0;
/** Does something at a gateway before two pods. */
async function behind(program: GatewayProgram, rules: GatewayRules, use: (host: GatewayHost, pods: readonly Pod[]) => Promise<void>): Promise<void> {
  const pods = [await Pod.start('one'), await Pod.start('two')];
  const place = path.join(folder, String(folders++));
  const host = await GatewayHost.start({ program, rules, folder: place, pods: new Map([['cell/api', pods.map(({ port }) => port)]]) });
  try {
    await use(host, pods);
  } finally {
    pods.forEach((pod) => pod.release());
    await host.close();
    await Promise.all(pods.map((pod) => pod.stop()));
  }
  expect(fs.existsSync(place)).toBe(false);
}

interface Asked {
  readonly body?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}

/** Status and body of an answer, on a connection of its own; the path goes as it is. */
function ask({ port }: GatewayHost, url: string, { body, headers }: Asked = {}): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path: url, method: body === undefined ? 'GET' : 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => { text += chunk.toString('utf8'); });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(condition()).toBe(true);
}

const times = <Value>(count: number, make: (index: number) => Value): Value[] => Array.from({ length: count }, (_, index) => make(index));

for (const name of GATEWAY_PROGRAMS) {
  const program = findGateway([name])!;
  describeUnless(program === undefined ? `no ${name} on the PATH` : undefined, `${name} before two pods`, () => {
    it('divides requests over them, byte for byte, and tells whom they come from', () => behind(program, RULES, async (host, pods) => {
      const body = `{"text":"é${'x'.repeat(40_000)}"}`;
      for (const index of times(6, (it) => it)) {
        expect((await ask(host, `/payments?n=${index}`, { body, headers: { host: 'api.example' } })).status).toBe(202);
      }
      expect(pods.map(({ seen }) => seen.length)).toEqual([3, 3]);
      const seen = pods.flatMap((pod) => pod.seen);
      expect(seen.every((it) => it.body === body && it.headers.host === 'api.example' && it.headers['x-forwarded-for'] === '127.0.0.1')).toBe(true);
      expect(await host.microseconds()).toBeGreaterThanOrEqual(0);
    }));

    it('answers by the other pod while one is gone, and comes back to it', () => behind(program, RULES, async (host, pods) => {
      const { port } = pods[0];
      await pods[0].stop();
      for (const answer of await Promise.all(times(20, () => ask(host, '/payments', { body: '{}' })))) {
        expect(answer).toEqual({ status: 202, body: 'two' });
      }
      const again = http.createServer((_, response) => { response.writeHead(202).end('again'); });
      await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
      try {
        let last = '';
        for (const end = Date.now() + 10_000; last !== 'again' && Date.now() < end;) {
          last = (await ask(host, '/payments')).body;
        }
        expect(last).toBe('again');
      } finally {
        again.closeAllConnections();
        again.close();
      }
    }));

    it('tries a payment once more whose pod went away without an answer', () => behind(program, RULES, async (host, pods) => {
      pods[0].drops = 1;
      const answers = await Promise.all(times(2, () => ask(host, '/payments', { body: '{"a":1}' })));
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      expect(pods.flatMap(({ seen }) => seen.map(({ body }) => body))).toEqual(times(3, () => '{"a":1}'));
    }));

    it('lets through no more than a limit, whoever asks', () => behind(program, { ...RULES, backends: { ...RULES.backends, limits: [{ requests: 20, seconds: 60 }] } }, async (host) => {
      // Asking whether it is up has taken one of them.
      const statuses = (await Promise.all(times(30, () => ask(host, '/payments')))).map(({ status }) => status);
      const passed = statuses.filter((status) => status === 202).length;
      expect(passed).toBeGreaterThanOrEqual(17);
      expect(passed).toBeLessThanOrEqual(20);
      expect(statuses.filter((status) => status === 429)).toHaveLength(30 - passed);
    }));

    it('opens its circuit beyond so many requests under way', () => behind(program, { ...RULES, backends: { ...RULES.backends, parallelRequests: 4 } }, async (host, pods) => {
      pods.forEach((pod) => { pod.holds = true; });
      const first = times(4, () => ask(host, '/payments'));
      await until(() => pods[0].waiting + pods[1].waiting === 4);
      expect((await ask(host, '/payments')).status).toBe(503);
      pods.forEach((pod) => pod.release());
      expect((await Promise.all(first)).map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      expect((await ask(host, '/payments')).status).toBe(202);
    }));

    it('answers 404 beside its routes, and refuses escaped slashes in a path', () => behind(program, {
      ...RULES, routes: [{ type: 'prefix', path: '/payments', pods: 'cell/api' }, { type: 'prefix', path: '/readyz', pods: 'cell/api' }],
      clients: { refusesUnderscores: true, refusesEscapedSlashes: true },
    }, async (host, pods) => {
      const statuses = await Promise.all(['/payments', '/payments/x', '/paymentsx', '/', '/payments/a%2Fb', '/payments?q=a%2Fb'].map((url) => ask(host, url)));
      expect(statuses.map(({ status }) => status)).toEqual([202, 202, 404, 404, 400, 202]);
      const { status } = await ask(host, '/payments/underscore', { headers: { x_tenant: '1' } });
      expect(status).toBe(name === 'haproxy' ? 400 : 202);
      expect(pods.flatMap(({ seen }) => seen).some(({ headers }) => 'x_tenant' in headers)).toBe(false);
    }));

    it('finishes what is under way when it is told to end', () => behind(program, RULES, async (host, pods) => {
      pods.forEach((pod) => { pod.holds = true; });
      const asked = ask(host, '/payments', { body: '{}' });
      await until(() => pods[0].waiting + pods[1].waiting === 1);
      const closed = host.close();
      setTimeout(() => pods.forEach((pod) => pod.release()), 100);
      expect((await asked).status).toBe(202);
      await closed;
      await expect(ask(host, '/payments')).rejects.toThrow();
    }));

    it('says why it does not start', async () => {
      const place = path.join(folder, String(folders++));
      const props = { program, folder: place, pods: new Map([['cell/api', [1]]]) };
      const broken: GatewayRules = { ...BARE_RULES, routes: [{ type: 'prefix', path: '/a\n nonsense', pods: 'cell/api' }] };
      await expect(GatewayHost.start({ ...props, rules: broken })).rejects.toThrow(`${program.title} refuses its configuration: `);
      const taken = await Pod.start('taken');
      await expect(GatewayHost.start({ ...props, rules: BARE_RULES, port: taken.port })).rejects.toThrow(/in use/i);
      await taken.stop();
      expect(fs.existsSync(place)).toBe(false);
    });
  });
}
