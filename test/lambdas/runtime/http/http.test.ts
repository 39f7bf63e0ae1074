import * as net from 'node:net';
import { BodyReader } from '../../../../lambdas/runtime/http/body-reader';
import { BoundedMap } from '../../../../lambdas/runtime/http/bounded-map';
import { GracefulServer } from '../../../../lambdas/runtime/http/graceful-server';
import { HttpProblem, problemJson } from '../../../../lambdas/runtime/http/problem';
import { parseRequestTarget, queryParameter } from '../../../../lambdas/runtime/http/request-target';
import { Router } from '../../../../lambdas/runtime/http/router';

function statusOf(action: () => unknown): number {
  try {
    action();
    return 0;
  } catch (error) {
    return (error as HttpProblem).status;
  }
}

describe('parseRequestTarget', () => {
  it.each([
    ['/', ['']], ['/a/b', ['a', 'b']], ['/a%2Fb/%F0%9F%98%80', ['a/b', '\u{1F600}']], ['/a//b/', ['a', '', 'b', '']], ['/./..', ['.', '..']],
    ['/a%20b?x=1/2', ['a b']], ['http://host:80/a?x', ['a']], ['https://host', ['']],
  ])('takes %s apart', (target, segments) => {
    expect(parseRequestTarget(target).segments).toEqual(segments);
  });

  it.each(['/%', '/%zz', '/%c3%28', '/%ed%a0%80', '/\u00e9', '/a\u007f'])('refuses %j with 400', (target) => {
    expect(statusOf(() => parseRequestTarget(target))).toBe(400);
  });

  it('reads query parameters that come once', () => {
    const { query } = parseRequestTarget('/a?x=1&y=%20b+c&z=1&z=2');
    expect([queryParameter(query, 'x'), queryParameter(query, 'y'), queryParameter(query, 'none')]).toEqual(['1', ' b c', undefined]);
    expect(statusOf(() => queryParameter(query, 'z'))).toBe(400);
  });
});

describe('Router', () => {
  const router = new Router([
    { method: 'GET', path: '/a/{id}', handler: 'get' },
    { method: 'POST', path: '/a/{id}', handler: 'post' },
    { method: 'POST', path: '/a:b', handler: 'colon' },
  ]);

  it('finds handlers and parameters', () => {
    expect(router.find('GET', ['a', 'x/y'])).toEqual({ handler: 'get', parameters: { id: 'x/y' } });
    expect(router.find('HEAD', ['a', ''])).toEqual({ handler: 'get', parameters: { id: '' } });
    expect(router.find('POST', ['a:b'])).toEqual({ handler: 'colon', parameters: {} });
  });

  it('answers 404 and 405', () => {
    expect(statusOf(() => router.find('GET', ['b']))).toBe(404);
    expect(statusOf(() => router.find('GET', ['a']))).toBe(404);
    expect(() => router.find('DELETE', ['a', 'x'])).toThrow(expect.objectContaining({ status: 405, headers: { allow: 'GET, HEAD, POST' } }) as Error);
  });
});

describe('problemJson', () => {
  it('is an RFC 9457 problem', () => {
    expect(JSON.parse(problemJson(400, { detail: 'must be x', field: '/a' }))).toEqual({
      type: 'about:blank', title: 'Bad Request', status: 400, detail: 'must be x', field: '/a',
    });
  });
});

describe('BoundedMap', () => {
  it('holds the entries set last, and at most twice its capacity', () => {
    const map = new BoundedMap<number, number>(100);
    for (let key = 0; key < 1_000; key++) {
      map.set(key, key);
      expect(map.get(Math.max(0, key - 99))).toBe(Math.max(0, key - 99));
      expect(map.size).toBeLessThanOrEqual(200);
    }
    expect(map.get(0)).toBeUndefined();
    map.delete(999);
    expect(map.get(999)).toBeUndefined();
  });
});

/** Sends bytes and collects what comes back until the connection is closed. */
function talk(port: number, send: (socket: net.Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => send(socket));
    socket.on('data', (chunk) => { answer += chunk.toString(); });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('BodyReader and GracefulServer', () => {
  const bodies = new BodyReader({ maximumBytesInFlight: 50_000, maximumDiscardedBytes: 200_000 });
  const received: string[] = [];
  let open: () => void = () => undefined;
  const server = new GracefulServer(async (request, response) => {
    if (request.url === '/slow') {
      await new Promise<void>((resolve) => { open = resolve; });
      response.end('slow');
      return;
    }
    try {
      const body = await bodies.read(request, 1_000_000 * Number(request.url === '/large') + 100);
      received.push(body.toString());
      response.end('ok');
    } catch (error) {
      received.push((error as Error).name);
      response.writeHead(error instanceof HttpProblem ? error.status : 500, error instanceof HttpProblem ? error.headers : {});
      response.end();
    }
  }, { maximumBodyBytes: 100, headersMilliseconds: 1_000 });
  let port = 0;

  beforeAll(async () => { port = await server.listen(0, '127.0.0.1'); });
  beforeEach(() => { received.length = 0; });
  afterAll(() => server.drain());

  const post = (body: string, headers = ''): string => `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;

  it('receives a body in pieces', async () => {
    const whole = post('0123456789');
    const answer = await talk(port, (socket) => {
      socket.write(whole.slice(0, -5));
      setTimeout(() => socket.write(whole.slice(-5)), 20);
    });
    expect(answer).toContain('200 OK');
    expect(received).toEqual(['0123456789']);
  });

  it('answers 413 after a body that is too large, and serves the connection on', async () => {
    const answer = await talk(port, (socket) => {
      socket.write(post('x'.repeat(100_000)).replace('connection: close\r\n', ''));
      socket.write(post('next'));
    });
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    expect(received).toEqual(['HttpProblem', 'next']);
  });

  it('does not take in an endless body', async () => {
    const answer = await talk(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
      const more = (): void => { if (!socket.destroyed && socket.write(chunk)) { setImmediate(more); } };
      socket.on('drain', more);
      more();
    });
    expect(answer === '' || answer.startsWith('HTTP/1.1 413')).toBe(true);
    expect(received).toEqual(['HttpProblem']);
  });

  it('answers 503 when too many bytes of bodies are being received', async () => {
    const answer = await talk(port, (socket) => {
      socket.write(`POST /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n${'x'.repeat(100_000)}`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 503 .*retry-after: 1/is);
    expect(await talk(port, (socket) => socket.write(post('after')))).toContain('200 OK');
  });

  it('tells a client that asks first not to send a large body', async () => {
    const answer = await talk(port, (socket) => socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 101\r\nexpect: 100-continue\r\n\r\n'));
    expect(answer).toMatch(/^HTTP\/1.1 413 .*application\/problem\+json.*"status":413/s);
    expect(received).toEqual([]);
    const small = await talk(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n');
      socket.once('data', () => socket.write('ok'));
    });
    expect(small).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/);
  });

  it('notices a client that goes away', async () => {
    await talk(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf');
      setTimeout(() => socket.destroy(), 20);
    });
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(received).toEqual(['ClientGoneError']);
  });

  it('answers what is not HTTP with a problem', async () => {
    expect(await talk(port, (socket) => socket.write('nonsense\r\n\r\n'))).toMatch(/^HTTP\/1.1 400 Bad Request.*application\/problem\+json/s);
    const long = await talk(port, (socket) => socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`));
    expect(long).toMatch(/^HTTP\/1.1 431 /);
  });

  it('answers what is under way before it closes, and closes idle connections', async () => {
    const idle = talk(port, () => undefined);
    const slow = talk(port, (socket) => socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n'));
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    const drain = server.drain();
    expect(server.isDraining).toBe(true);
    await expect(new Promise((resolve, reject) => {
      net.connect(port, '127.0.0.1', () => resolve(undefined)).on('error', reject);
    })).rejects.toThrow('ECONNREFUSED');
    open();
    expect(await slow).toMatch(/200 OK.*slow$/s);
    expect(await idle).toBe('');
    await drain;
  });
});
