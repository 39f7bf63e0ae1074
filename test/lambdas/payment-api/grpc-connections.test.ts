import { type ServiceError, status } from '@grpc/grpc-js';
import * as net from 'node:net';
import { PaymentIntakeClient, type PaymentIntakeClientOptions } from '../../../lambdas/runtime/grpc/payment-intake-client';
import type { Payment } from '../../../lambdas/runtime/payment/payment';
import { ApiClient } from './api-client';
import { message, PlainClient } from './grpc-client';

let keys = 0;
const payment = (): Payment => ({ merchantId: 'm-1', idempotencyKey: `key-${++keys}`, payerId: 'p-1', amount: 5, currency: 'EUR', type: 'payment', cardToken: 't' });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => { setTimeout(resolve, 2); });
  }
}

/** What is to be ended, last first. */
const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) {
    await end();
  }
});

async function startApi(connectionSeconds?: number): Promise<{ readonly api: ApiClient; readonly port: number }> {
  const api = await new ApiClient().start();
  ends.push(() => api.stop());
  return { api, port: await api.api.listenGrpc(0, { host: '127.0.0.1', connectionSeconds }) };
}

async function connect(port: number | string, options: Partial<PaymentIntakeClientOptions> = {}): Promise<PaymentIntakeClient> {
  const address = typeof port === 'number' ? `127.0.0.1:${port}` : port;
  const client = await PaymentIntakeClient.create({ address, tls: 'off', deadlineMilliseconds: 20_000, ...options });
  ends.push(() => client.close());
  return client;
}

/** A network that can be cut. */
class Network {
  public connections = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;

  public constructor(target: number) {
    this.server = net.createServer((near) => {
      this.connections++;
      const far = net.connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => { near.destroy(); far.destroy(); this.sockets.delete(socket); });
      }
      near.pipe(far).pipe(near);
    });
    ends.push(() => { this.cut(); this.server.close(); });
  }

  public async start(): Promise<number> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return (this.server.address() as net.AddressInfo).port;
  }

  public cut(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }
}

const codeOf = (call: Promise<unknown>): Promise<number | 'answered'> => call.then(() => 'answered' as const, (error: ServiceError) => error.code);

describe('a connection that is cut', () => {
  it('fails no call: it is made again, with the same payments', async () => {
    const { api, port } = await startApi();
    const network = new Network(port);
    const client = await connect(await network.start());
    api.stream.isHeld = true;
    const paid = payment();
    const call = client.accept([paid]);
    await until(() => api.stream.heldPayments === 1);
    network.cut();
    await until(() => api.stream.heldPayments === 2);
    api.stream.release();
    expect(await call).toMatchObject([{ outcome: 'accepted' }]);
    expect(network.connections).toBe(2);
    // The worker behind the stream makes one payment of them: merchant and key are the same.
    expect(api.stream.durable.map(({ idempotencyKey }) => idempotencyKey)).toEqual([paid.idempotencyKey, paid.idempotencyKey]);
  });

  it('fails the call where it may be made once only', async () => {
    const { api, port } = await startApi();
    const network = new Network(port);
    const client = await connect(await network.start(), { attempts: 1 });
    api.stream.isHeld = true;
    const call = codeOf(client.accept([payment()]));
    await until(() => api.stream.heldPayments === 1);
    network.cut();
    expect(await call).toBe(status.UNAVAILABLE);
    api.stream.release();
  });
});

describe('a connection that is old', () => {
  it('is closed by the server, and calls go on over another one', async () => {
    const { api, port } = await startApi(1);
    const network = new Network(port);
    const client = await connect(await network.start());
    let calls = 0;
    while (network.connections < 2) {
      expect(await client.accept([payment()])).toMatchObject([{ outcome: 'accepted' }]);
      calls++;
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    expect(api.stream.durable).toHaveLength(calls);
  });
});

describe('messages that do not come', () => {
  it('take no more than their part of the places, and give them back', async () => {
    const { port } = await startApi();
    const client = new PlainClient(port);
    ends.push(() => client.close());
    const end = client.begin(128);
    const untilAnswered = async (code: number): Promise<void> => {
      for (let last: number | undefined; last !== code;) {
        ({ code: last } = await client.accept([message({ idempotencyKey: `key-${++keys}` })]));
      }
    };
    // Those that come are answered until all the others are there.
    await untilAnswered(status.UNAVAILABLE);
    const { code, details } = await client.accept([message()]);
    expect([code, details]).toEqual([status.UNAVAILABLE, 'Too many messages are on their way.']);
    end();
    await untilAnswered(status.OK);
  });
});

describe('a deadline', () => {
  it('ends the call for who waits; what was taken still takes effect, and is given its place back', async () => {
    const { api, port } = await startApi();
    const client = await connect(port);
    api.stream.isHeld = true;
    expect(await codeOf(client.accept([payment()], { deadlineMilliseconds: 300 }))).toBe(status.DEADLINE_EXCEEDED);
    expect(api.stream.heldPayments).toBe(1);
    api.stream.release();
    await until(() => api.stream.durable.length === 1);
    expect(await client.accept([payment()])).toMatchObject([{ outcome: 'accepted' }]);
    expect(api.errors).toEqual([]);
  });

  it('that has passed lets nothing begin', async () => {
    const api = await new ApiClient({ clientPaymentsPerSecond: 10, limiter: { take: () => limited } }).start();
    let letGo: (milliseconds: number) => void = () => undefined;
    const limited = new Promise<number>((resolve) => { letGo = resolve; });
    ends.push(() => api.stop());
    const client = await connect(await api.api.listenGrpc(0, { host: '127.0.0.1' }));
    expect(await codeOf(client.accept([payment()], { deadlineMilliseconds: 300 }))).toBe(status.DEADLINE_EXCEEDED);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    letGo(0);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(api.stream.durable).toEqual([]);
    expect(api.errors).toEqual([]);
  });

  it.each([0, 1.5])('is not %s', async (deadlineMilliseconds) => {
    const client = await connect(1);
    await expect(client.accept([payment()], { deadlineMilliseconds })).rejects.toThrow('`deadlineMilliseconds` must be a whole number between 1 and');
  });
});

describe('servers that stop', () => {
  it('answer what is under way, take no more, and drain the stream after it', async () => {
    const { api, port } = await startApi();
    const client = await connect(port, { attempts: 1 });
    api.stream.isHeld = true;
    const underWay = client.accept([payment()]);
    await until(() => api.stream.heldPayments === 1);
    const drained = api.api.drain();
    expect(await codeOf(client.accept([payment()]))).toBe(status.UNAVAILABLE);
    expect(api.stream.isDrained).toBe(false);
    api.stream.release();
    expect(await underWay).toMatchObject([{ outcome: 'accepted' }]);
    await drained;
    expect([api.stream.isDrained, api.stream.durable.length]).toEqual([true, 1]);
  });

  it('are not noticed by who has others: calls go to all in turn, and to those that are left', async () => {
    const [one, two] = [await startApi(), await startApi()];
    const client = await connect(`ipv4:127.0.0.1:${one.port},127.0.0.1:${two.port}`);
    // Both are connected once both have had a call.
    while (one.api.stream.durable.length === 0 || two.api.stream.durable.length === 0) {
      await client.accept([payment()]);
    }
    const before = [one, two].map(({ api }) => api.stream.durable.length);
    for (let call = 0; call < 20; call++) {
      await client.accept([payment()]);
    }
    expect([one, two].map(({ api }, index) => api.stream.durable.length - before[index])).toEqual([10, 10]);
    const draining = one.api.api.drain();
    for (let call = 0; call < 20; call++) {
      expect(await client.accept([payment()])).toMatchObject([{ outcome: 'accepted' }]);
    }
    await draining;
    expect(one.api.stream.durable.length + two.api.stream.durable.length).toBe(before[0] + before[1] + 40);
  });
});

describe('the health of a server', () => {
  it('is told of each service, to anybody', async () => {
    const { port } = await startApi();
    const client = new PlainClient(port);
    ends.push(() => client.close());
    expect(await client.health('')).toBe(1);
    expect(await client.health('payment.v1.PaymentIntake')).toBe(1);
    expect(await client.health('payment.v1.Other')).toBe(`code ${status.NOT_FOUND}`);
  });

  it('is told to change before calls are refused', async () => {
    const { api, port } = await startApi();
    const client = new PlainClient(port);
    ends.push(() => client.close());
    const told: number[] = [];
    const watched = client.watch((answer) => told.push(answer));
    await until(() => told.length === 1);
    const drained = api.api.drain(300);
    await watched;
    expect(told).toEqual([1, 2]);
    expect(await client.health('')).toBe(2);
    expect((await client.accept([message()])).code).toBe(status.OK);
    await drained;
  });
});

describe('a channel', () => {
  it.each([
    [{ keepAliveSeconds: 9 }, '`keepAliveSeconds` must be a whole number between 10 and 86400, got: 9'],
    [{ attempts: 6 }, '`attempts` must be a whole number between 1 and 5, got: 6'],
  ])('is not made with %j', async (options, problem) => {
    await expect(PaymentIntakeClient.create({ address: 'localhost:1', tls: 'off', ...options })).rejects.toThrow(problem);
  });

  it('says who it is by a token that is asked for at each call', async () => {
    const seen: unknown[] = [];
    const api = await new ApiClient({}, ({ authorization }) => {
      seen.push(authorization);
      return { client: 'c', scopes: new Set(['payments:write']), merchants: 'all' };
    }).start();
    ends.push(() => api.stop());
    let asked = 0;
    const client = await connect(await api.api.listenGrpc(0, { host: '127.0.0.1' }), { token: () => `t${++asked}` });
    await client.accept([payment()]);
    await client.accept([payment()]);
    expect(seen).toEqual(['Bearer t1', 'Bearer t2']);
  });
});
