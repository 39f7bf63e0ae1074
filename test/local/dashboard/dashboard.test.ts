import * as http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandRefusedError, Dashboard, type DashboardFeed, type Snapshot } from '../../../local/dashboard';
import { MOST_LISTENERS } from '../../../local/dashboard/updates';
import { FAULTS } from '../../../local/faults';
import { SyntheticFeed } from './synthetic-feed';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface ServerSentEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

/** A request with headers that `fetch` would not let through. */
function send(url: string, options: { method?: string; headers?: http.OutgoingHttpHeaders; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: options.method ?? 'GET', headers: options.headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

function post(url: string, input: unknown, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  const body = typeof input === 'string' ? input : JSON.stringify(input);
  return send(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
}

/** Listens to updates and collects them until it is told to stop. */
class Window {
  readonly events: ServerSentEvent[] = [];
  status = 0;
  ended = false;
  private text = '';
  private readonly request: http.ClientRequest;

  constructor(url: string, headers: http.OutgoingHttpHeaders = {}) {
    this.request = http.get(`${url}updates`, { headers, agent: false }, (response) => {
      this.status = response.statusCode!;
      response.setEncoding('utf8').on('data', (part: string) => this.read(part));
      response.on('end', () => (this.ended = true));
      response.on('error', () => undefined);
    });
    this.request.on('error', () => undefined);
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await sleep(5);
    }
  }

  of(event: string): ServerSentEvent[] {
    return this.events.filter((it) => it.event === event);
  }

  close(): void {
    this.request.destroy();
  }

  private read(part: string): void {
    this.text += part;
    const messages = this.text.split('\n\n');
    this.text = messages.pop()!;
    for (const message of messages) {
      const fields = Object.fromEntries(message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if (fields.event) {
        this.events.push({ id: fields.id, event: fields.event, data: fields.data });
      }
    }
  }
}

let feed: SyntheticFeed;
let dashboard: Dashboard;
let url: string;
const windows: Window[] = [];

function open(headers?: http.OutgoingHttpHeaders): Window {
  const window = new Window(url, headers);
  windows.push(window);
  return window;
}

/** A feed whose load runs: faults and rates can be changed. */
async function feedUnderLoad(): Promise<SyntheticFeed> {
  let now = Date.now();
  const made = new SyntheticFeed({ now: () => now, seconds: 3600 });
  for (let second = 0; second < 8; second++) {
    now += 1000;
    await made.snapshot();
  }
  made.snapshots = 0;
  return made;
}

beforeEach(async () => {
  feed = await feedUnderLoad();
  dashboard = await Dashboard.start({ feed });
  url = dashboard.url;
});

afterEach(async () => {
  windows.splice(0).forEach((window) => window.close());
  await dashboard.close();
});

describe('who may ask', () => {
  it('knows the page only below the secret of the run', async () => {
    const { origin, pathname } = new URL(url);
    expect(pathname).toMatch(/^\/[\w-]{22}\/$/);
    expect((await send(url)).status).toBe(200);
    for (const path of ['/', '/index.html', '/updates', `${pathname.slice(0, -2)}x/`, `${pathname}../`, `${pathname}page.js/`, '/style.css']) {
      expect([path, (await send(`${origin}${path}`)).status]).toEqual([path, 404]);
    }
    expect((await post(`${origin}/fault`, { name: 'reshard', value: 5 })).status).toBe(404);
  });

  it('has another secret in each run', async () => {
    const other = await Dashboard.start({ feed });
    expect(new URL(other.url).pathname).not.toBe(new URL(url).pathname);
    await other.close();
  });

  it('refuses every name but those of this machine', async () => {
    const { port } = new URL(url);
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `[::1]:${port}`, `localhost.:${port}`]) {
      expect([host, (await send(url, { headers: { Host: host } })).status]).toEqual([host, 403]);
    }
    expect((await send(url, { headers: { Host: `localhost:${port}` } })).status).toBe(200);
    // A forwarded port keeps the name.
    expect((await send(url, { headers: { Host: '127.0.0.1:8080' } })).status).toBe(200);
  });

  it('refuses what another site asks for, with or without effect', async () => {
    const foreign = [
      { 'Origin': 'http://evil.example' }, { 'Origin': 'null' }, { 'Origin': 'http://127.0.0.1:1' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of foreign) {
      expect([headers, (await post(`${url}rate`, { paymentsPerSecond: 1 }, headers)).status]).toEqual([headers, 403]);
      expect([headers, (await send(`${url}updates`, { headers })).status]).toEqual([headers, 403]);
    }
    expect((await feed.snapshot()).load.paymentsPerSecond).toBe(600);
    expect((await post(`${url}rate`, { paymentsPerSecond: 1 }, { 'Origin': new URL(url).origin, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(204);
    expect((await feed.snapshot()).load.paymentsPerSecond).toBe(1);
  });

  it('opens for a link from elsewhere, which carries the secret', async () => {
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    expect((await send(url, { headers: link })).status).toBe(200);
    expect((await send(url, { headers: { ...link, 'Sec-Fetch-Dest': 'iframe' } })).status).toBe(403);
  });
});

describe('files', () => {
  it('come with a policy that allows nothing from elsewhere and nothing inline', async () => {
    for (const [name, type] of [['', 'text/html'], ['page.js', 'text/javascript'], ['style.css', 'text/css'], ['uPlot.iife.min.js', 'text/javascript'], ['icon.svg', 'image/svg+xml']]) {
      const { status, headers, body } = await send(`${url}${name}`);
      expect([name, status]).toEqual([name, 200]);
      expect(headers['content-type']).toContain(type);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
      expect(body.length).toBeGreaterThan(100);
    }
  });

  it('are found at their address only', async () => {
    expect((await send(url.slice(0, -1))).headers.location).toBe(new URL(url).pathname);
    expect((await send(`${url}feed.ts`)).status).toBe(404);
    expect((await send(`${url}%2e%2e%2ffeed.ts`)).status).toBe(404);
  });

  it('are there to be read, commands to be posted', async () => {
    expect(await send(url, { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(await send(`${url}updates`, { method: 'DELETE' })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(await send(`${url}rate`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

describe('commands', () => {
  it('reach the feed', async () => {
    expect((await post(`${url}rate`, { paymentsPerSecond: 1200 })).status).toBe(204);
    expect((await post(`${url}fault`, { name: 'kill-worker', value: 0.5 })).status).toBe(204);
    expect(await feed.snapshot()).toMatchObject({ load: { paymentsPerSecond: 1200 }, faults: { settings: { 'kill-worker': 0.5 } } });
    expect((await post(`${url}fault`, { name: 'kill-worker', value: null })).status).toBe(204);
    expect((await feed.snapshot()).faults.settings).toEqual({});
    expect((await post(`${url}end-load`, {})).status).toBe(204);
    expect((await feed.snapshot()).phase).toBe('draining');
  });

  it.each([
    ['rate', { paymentsPerSecond: -1 }, '`paymentsPerSecond` must be a number from 0 to 5000, got: -1'],
    ['rate', { paymentsPerSecond: 5001 }, '`paymentsPerSecond` must be a number from 0 to 5000, got: 5001'],
    ['rate', { paymentsPerSecond: '5' }, '`paymentsPerSecond` must be a number from 0 to 5000, got: "5"'],
    ['rate', {}, '`paymentsPerSecond` must be a number from 0 to 5000, got: undefined'],
    ['fault', { name: 'earthquake', value: 1 }, '`name` must be one of kill-worker'],
    ['fault', { name: 'lost-answers', value: 0.6 }, '`value` of lost-answers must be null or a number from 0.0001 to 0.5 (probability), got: 0.6'],
    ['fault', { name: 'reshard' }, '`value` of reshard must be null or a number from 1 to 3600 (seconds), got: undefined'],
    ['rate', [1], 'A command is a JSON object, got: [1]'],
    ['rate', '{', 'A command is a JSON object, got something that is no JSON.'],
  ])('%s %j is refused by name', async (command, input, message) => {
    const answer = await post(`${url}${command}`, input);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).message).toContain(message);
  });

  it('take every fault at both of its bounds', async () => {
    for (const { name, minimum, maximum } of FAULTS) {
      for (const [value, status] of [[minimum, 204], [maximum, 204], [minimum / 2, 400], [maximum * 1.01, 400]]) {
        expect([name, value, (await post(`${url}fault`, { name, value })).status]).toEqual([name, value, status]);
      }
    }
  });

  it('are JSON, and short', async () => {
    expect((await post(`${url}rate`, 'paymentsPerSecond=5', { 'Content-Type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post(`${url}rate`, '{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(`${url}rate`, { paymentsPerSecond: 5, padding: 'x'.repeat(2000) })).status).toBe(413);
  });

  it('tell why they cannot be carried out now', async () => {
    await feed.endLoad();
    const answer = await post(`${url}fault`, { name: 'reshard', value: 5 });
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toEqual({ message: 'Faults strike while a load runs.' });
  });

  it('answer 500 where the feed fails, and the page lives on', async () => {
    feed.setRate = () => Promise.reject(new Error('the load generator is gone'));
    expect(await post(`${url}rate`, { paymentsPerSecond: 1 })).toMatchObject({ status: 500, body: '{"message":"the load generator is gone"}' });
    feed.setRate = () => Promise.reject(new CommandRefusedError('not now'));
    expect((await post(`${url}rate`, { paymentsPerSecond: 1 })).status).toBe(409);
  });
});

describe('updates', () => {
  it('begin with what does not change, then snapshots, and each event once', async () => {
    const window = open();
    await window.until(() => window.of('snapshot').length >= 2);
    expect(window.events[0].event).toBe('description');
    const { faultParts, ...description } = feed.description;
    expect(faultParts).toContain('stream');
    // No button for what this system has no part for.
    expect(JSON.parse(window.events[0].data)).toEqual({ ...description, faults: FAULTS.filter(({ name }) => name !== 'restart-database') });
    const numbers = window.of('happened').map(({ data }) => JSON.parse(data).number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(window.of('happened').map(({ id }) => Number(id))).toEqual(numbers);
    const snapshot = JSON.parse(window.of('snapshot')[0].data) as Snapshot;
    expect(snapshot).toMatchObject({ phase: 'load', load: { paymentsPerSecond: 600, adjustable: true }, faults: { counts: { reshard: 0 } } });
    expect(Buffer.byteLength(window.of('snapshot')[0].data)).toBeLessThan(10_000);
  });

  it('go on after a break where they stopped', async () => {
    const window = open({ 'Last-Event-ID': '1' });
    await window.until(() => window.of('snapshot').length >= 1);
    expect(window.of('happened').map(({ id }) => id)[0]).toBe('2');
  });

  it('ask the feed for nothing while nobody listens', async () => {
    const window = open();
    await window.until(() => window.of('snapshot').length >= 1);
    window.close();
    await sleep(100);
    const asked = feed.snapshots;
    await sleep(1500);
    expect(feed.snapshots).toBe(asked);
  });

  it('make one snapshot for all windows', async () => {
    const all = Array.from({ length: 8 }, () => open());
    await Promise.all(all.map((window) => window.until(() => window.of('snapshot').length >= 2)));
    const heard = Math.max(...all.map((window) => window.of('snapshot').length));
    expect(feed.snapshots).toBeLessThanOrEqual(heard + 1);
  });

  it('never ask for a second snapshot before the first is there', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    const take = feed.snapshot.bind(feed);
    feed.snapshot = async () => {
      most = Math.max(most, ++running);
      await sleep(1200);
      running--;
      done++;
      return take();
    };
    const window = open();
    await window.until(() => window.status === 200);
    windows.push(new Window(url));
    await window.until(() => done >= 2);
    expect(most).toBe(1);
  });

  it('leave out a snapshot that cannot be taken', async () => {
    const take = feed.snapshot.bind(feed);
    let calls = 0;
    feed.snapshot = () => (++calls === 1 ? Promise.reject(new Error('the engine host is busy')) : take());
    const window = open();
    await window.until(() => window.of('snapshot').length >= 1);
    expect(calls).toBe(2);
  });

  it('are for a bounded number of windows', async () => {
    const all = Array.from({ length: MOST_LISTENERS }, () => open());
    await Promise.all(all.map((window) => window.until(() => window.status === 200)));
    expect((await send(`${url}updates`)).status).toBe(503);
    all[0].close();
    let status = 503;
    while (status === 503) {
      const next = open();
      await next.until(() => next.status !== 0);
      status = next.status;
    }
    expect(status).toBe(200);
  });
});

describe('closing', () => {
  it('sends the last snapshot, which holds the verdict, and says that the run has ended', async () => {
    const window = open();
    await window.until(() => window.of('snapshot').length >= 1);
    const take = feed.snapshot.bind(feed);
    feed.snapshot = async () => ({ ...(await take()), judgement: { verdict: { lost: 0 }, passed: true, findings: [] } }) as unknown as Snapshot;
    await dashboard.close();
    await window.until(() => window.ended);
    expect(window.events.at(-1)!.event).toBe('end');
    expect(JSON.parse(window.of('snapshot').at(-1)!.data)).toMatchObject({ judgement: { passed: true } });
    await expect(send(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('does not wait for a feed that hangs', async () => {
    const hanging = { description: feed.description, events: () => [], snapshot: () => new Promise(() => undefined) } as unknown as DashboardFeed;
    const other = await Dashboard.start({ feed: hanging });
    const window = new Window(other.url);
    await window.until(() => window.of('description').length === 1);
    await other.close();
    await window.until(() => window.ended);
    expect(window.events.at(-1)!.event).toBe('end');
  });

  it('asks for nothing when nobody listens', async () => {
    await dashboard.close();
    expect(feed.snapshots).toBe(0);
  });
});

it('says which port is taken', async () => {
  await expect(Dashboard.start({ feed, port: Number(new URL(url).port) })).rejects.toThrow('EADDRINUSE');
});
