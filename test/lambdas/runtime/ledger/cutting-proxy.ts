import * as net from 'node:net';

/**
 * What befalls a request. `lose`: the server does it, its answer does not arrive. `cut`: the connection ends while it is on its way or being done.
 */
export type RequestFate = 'pass' | 'lose' | 'cut';

/** Where PostgreSQL says that it waits for a request: the last message of an answer, `ReadyForQuery`. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);

/** Stands between a client and PostgreSQL as a network that fails. */
export class CuttingProxy {
  public static async start(port: number, fate: () => RequestFate): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port, fate);
    await new Promise<void>((resolve) => { proxy.server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  public lost = 0;
  public cut = 0;
  /** Requests that are on their way or being done. */
  public underWay = 0;
  private readonly server = net.createServer((client) => this.join(client));
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly target: number, private readonly fate: () => RequestFate) {}

  public get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Ends all connections, in the middle of what they do. */
  public cutAll(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  public async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  private join(client: net.Socket): void {
    const server = net.connect({ host: '127.0.0.1', port: this.target, noDelay: true });
    // The client begins; then they take turns. Nothing befalls what comes before the first request: no effect could be lost.
    let started = false;
    let losing = false;
    let asking = true;
    const end = (): void => {
      if (started && asking) {
        this.underWay--;
      }
      started = false;
      client.destroy();
      server.destroy();
      this.sockets.delete(client);
      this.sockets.delete(server);
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.setNoDelay(true);
    client.on('data', (data) => {
      server.write(data);
      if (!started || asking) {
        return;
      }
      asking = true;
      this.underWay++;
      const fate = this.fate();
      losing = fate === 'lose';
      if (fate === 'cut') {
        this.cut++;
        // What was written is on its way: the server does it or does not, and nobody here knows.
        setImmediate(end);
      }
    });
    server.on('data', (data) => {
      if (losing) {
        // It answers after its commit.
        this.lost++;
        end();
        return;
      }
      client.write(data);
      if (data.length >= 6 && data.subarray(-6, -1).equals(READY)) {
        this.underWay -= started && asking ? 1 : 0;
        started = true;
        asking = false;
      }
    });
  }
}
