import { HealthServer } from '../../../../lambdas/runtime/http/health-server';

describe('the server of probes', () => {
  const health = { isAlive: true, isReady: false };
  const server = new HealthServer(health);
  let origin: string;

  beforeAll(async () => { origin = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`; });
  afterAll(() => server.close());

  const status = async (path: string, method = 'GET'): Promise<number> => (await fetch(`${origin}${path}`, { method })).status;

  it('tells whether a process lives and whether it works, each by itself', async () => {
    expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
    Object.assign(health, { isAlive: false, isReady: true });
    expect([await status('/livez'), await status('/readyz')]).toEqual([503, 200]);
  });

  it('has nothing else', async () => {
    expect([await status('/'), await status('/constructor'), await status('/livez', 'POST'), await status('/readyz', 'HEAD')]).toEqual([404, 404, 405, 200]);
  });

  it('shows figures where there are any, whether it is ready or not', async () => {
    const shown = new HealthServer({ isAlive: true, isReady: false }, { metrics: () => 'a 1\n' });
    const address = `http://127.0.0.1:${await shown.listen(0, '127.0.0.1')}/metrics`;
    const answer = await fetch(address);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', 'a 1\n']);
    expect([(await fetch(address, { method: 'POST' })).status, await status('/metrics')]).toEqual([405, 404]);
    await shown.close();
  });
});
