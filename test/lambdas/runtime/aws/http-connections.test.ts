import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { HttpConnections } from '../../../../lambdas/runtime/aws/http-connections';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('HttpConnections', () => {
  let server: Server;
  let sockets: Socket[];
  /** Called with each request, which is one piece, and its connection. */
  let onRequest: (text: string, socket: Socket) => void;
  let connections: HttpConnections;

  beforeEach(async () => {
    sockets = [];
    onRequest = (_text, socket) => socket.write(OK);
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (piece) => onRequest(piece.toString(), socket));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    connections = open(2);
  });

  afterEach(async () => {
    connections.close();
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => { server.close(resolve); });
  });

  function open(maximumConnections: number): HttpConnections {
    return new HttpConnections(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), maximumConnections);
  }

  async function ask(text = 'request', timeoutMilliseconds = 5_000): Promise<string> {
    return (await connections.exchange(Buffer.from(text), timeoutMilliseconds)).text;
  }

  async function failure(asked: Promise<string>): Promise<string> {
    return asked.then((text) => `answered ${text}`, (error: Error) => error.message);
  }

  it('sends one request after the other on one connection', async () => {
    const seen: string[] = [];
    onRequest = (text, socket) => { seen.push(text); socket.write(OK); };
    expect([await ask('a'), await ask('b')]).toEqual(['ok', 'ok']);
    expect(seen).toEqual(['a', 'b']);
    expect(sockets).toHaveLength(1);
  });

  it('opens no more connections than it may; the rest wait their turn', async () => {
    const held: { text: string; socket: Socket }[] = [];
    onRequest = (text, socket) => { held.push({ text, socket }); };
    const asked = ['a', 'b', 'c', 'd'].map((text) => ask(text));
    for (const { length } of [[1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
      while (held.length < length) {
        await new Promise((resolve) => { setImmediate(resolve); });
      }
      expect(sockets).toHaveLength(2);
      held[length - 2].socket.write(OK);
    }
    held[3].socket.write(OK);
    expect(await Promise.all(asked)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(held.map(({ text }) => text).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives each asker its own answer', async () => {
    onRequest = (text, socket) => { setImmediate(() => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`)); };
    const texts = Array.from({ length: 50 }, (_, index) => `request-${index}`);
    expect(await Promise.all(texts.map((text) => ask(text)))).toEqual(texts);
  });

  it('uses no connection again that the server closes, or says it closes soon', async () => {
    for (const head of ['connection: close', 'keep-alive: timeout=1']) {
      const before = sockets.length;
      onRequest = (_text, socket) => socket.write(`HTTP/1.1 200 OK\r\n${head}\r\ncontent-length: 2\r\n\r\nok`);
      await ask();
      await ask();
      expect(sockets).toHaveLength(before + 2);
      connections.close();
      connections = open(2);
    }
    onRequest = (_text, socket) => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=60\r\ncontent-length: 2\r\n\r\nok');
    const before = sockets.length;
    await ask();
    await ask();
    expect(sockets).toHaveLength(before + 1);
  });

  it('opens another connection after the server has closed an idle one', async () => {
    await ask();
    sockets[0].end();
    await new Promise((resolve) => { sockets[0].once('close', resolve); });
    expect(await ask()).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  it('drops a connection on which something comes that nobody asked for', async () => {
    await ask();
    sockets[0].write(OK);
    await new Promise((resolve) => { sockets[0].once('close', resolve); });
    expect(await ask()).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  it('fails only the request whose connection breaks, and goes on', async () => {
    onRequest = (text, socket) => {
      if (text === 'bad') {
        socket.resetAndDestroy();
      } else {
        socket.write(OK);
      }
    };
    const [bad, good] = [failure(ask('bad')), ask('good')];
    expect(await bad).toMatch(/reset|closed/i);
    expect(await good).toBe('ok');
    expect(await ask('another')).toBe('ok');
  });

  it('fails a request whose answer is cut off or no HTTP', async () => {
    onRequest = (_text, socket) => { socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal'); };
    expect(await failure(ask())).toBe('the connection was closed before the answer was complete');
    onRequest = (_text, socket) => { socket.write('nonsense\r\n\r\n'); };
    expect(await failure(ask())).toBe('the answer is not one of HTTP/1.1');
  });

  it('gives up after its time, also while waiting for a connection', async () => {
    connections.close();
    connections = open(1);
    onRequest = () => undefined;
    const first = failure(ask('first', 60));
    const second = failure(ask('second', 20));
    expect(await second).toBe('no answer within 20 ms');
    expect(await first).toBe('no answer within 60 ms');
    onRequest = (_text, socket) => socket.write(OK);
    expect(await ask()).toBe('ok');
  });

  it('fails what is under way and what waits when it is closed, and everything after', async () => {
    onRequest = () => undefined;
    const asked = [1, 2, 3].map(() => failure(ask()));
    connections.close();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 3 }, () => 'the client was closed'));
    expect(await failure(ask())).toBe('the client was closed');
  });

  it('fails where nobody listens', async () => {
    const nobody = new HttpConnections(new URL('http://127.0.0.1:1'), 1);
    await expect(nobody.exchange(Buffer.from('a'), 5_000)).rejects.toThrow('ECONNREFUSED');
  });
});
