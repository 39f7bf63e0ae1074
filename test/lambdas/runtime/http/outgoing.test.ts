import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ForbiddenAddressError, HttpsClient, isPublicAddress, NoAnswerError } from '../../../../lambdas/runtime/http/outgoing';

describe('a client of others', () => {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      switch (request.url) {
        case '/reset': response.destroy(); break;
        case '/hang': break;
        case '/moved': response.writeHead(302, { location: '/' }).end(); break;
        case '/large': response.end('x'.repeat(200_000)); break;
        default: {
          const { headers: { key }, method } = request;
          response.writeHead(418).end(JSON.stringify({ method, body: Buffer.concat(chunks).toString(), key }));
        }
      }
    });
  });
  let base: string;
  const any = new HttpsClient({ hosts: 'any' });
  const public_ = new HttpsClient({ hosts: 'public' });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    any.close();
    public_.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('answers whatever status there is, and follows no redirect', async () => {
    const answer = await any.send({ method: 'POST', url: `${base}/`, headers: { key: 'k' }, body: 'hä', timeoutMilliseconds: 2_000 });
    expect([answer.statusCode, JSON.parse(answer.text)]).toEqual([418, { method: 'POST', body: 'hä', key: 'k' }]);
    expect((await any.send({ method: 'GET', url: `${base}/moved`, timeoutMilliseconds: 2_000 })).statusCode).toBe(302);
  });

  it('keeps no more than 64 KiB of an answer', async () => {
    expect((await any.send({ method: 'GET', url: `${base}/large`, timeoutMilliseconds: 2_000 })).text).toHaveLength(64 * 1024);
  });

  it('tells that there was no answer', async () => {
    await expect(any.send({ method: 'GET', url: `${base}/reset`, timeoutMilliseconds: 2_000 })).rejects.toThrow(NoAnswerError);
    await expect(any.send({ method: 'GET', url: `${base}/hang`, timeoutMilliseconds: 50 })).rejects.toThrow('no answer within 50 ms');
  });

  it.each(['http://example.com/', 'ftp://example.com/', 'nonsense', 'https://user:secret@example.com/', 'http://127.0.0.1.example.com/'])(
    'sends nothing to %s', async (url) => {
      await expect(any.send({ method: 'GET', url, timeoutMilliseconds: 100 })).rejects.toThrow(ForbiddenAddressError);
    });

  it.each([
    'https://127.0.0.1/', 'https://10.1.2.3/', 'https://169.254.169.254/latest/meta-data', 'https://[::1]/', 'https://[::ffff:10.0.0.1]/', 'https://[fd00::1]/',
    'https://2130706433/', 'https://0x7f.1/', 'https://localhost/',
  ])('sends nothing to %s where only public hosts are meant', async (url) => {
    await expect(public_.send({ method: 'POST', url, body: '{}', timeoutMilliseconds: 2_000 })).rejects.toThrow(ForbiddenAddressError);
  });

  it('speaks plain HTTP to nobody where only public hosts are meant', async () => {
    await expect(public_.send({ method: 'GET', url: `${base}/`, timeoutMilliseconds: 100 })).rejects.toThrow(ForbiddenAddressError);
  });

  it('knows the networks that are not the internet', () => {
    expect(['8.8.8.8', '172.32.0.1', '2606:4700::1111'].map(isPublicAddress)).toEqual([true, true, true]);
    expect(['0.0.0.0', '100.64.0.1', '172.31.255.255', '192.168.1.1', '224.0.0.1', '255.255.255.255', 'fe80::1', '2001:db8::1', '64:ff9b::a00:1', 'name']
      .filter(isPublicAddress)).toEqual([]);
  });
});
