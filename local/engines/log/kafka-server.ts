import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ClientConnection, type ClientConnectionProps } from './client-connection';
import { HOST } from './operations/node';

export interface KafkaServerProps extends Omit<ClientConnectionProps, 'socket'> {
  /** On the loopback address. */
  readonly port: number;
}

/** Listens on the loopback address, in the clear. */
export class KafkaServer {
  /** @throws Error when the port is taken */
  static async start(props: KafkaServerProps): Promise<KafkaServer> {
    const started = new KafkaServer(props);
    await new Promise<void>((resolve, reject) => {
      started.server.once('error', reject);
      started.server.listen(props.port, HOST, () => {
        started.server.off('error', reject);
        resolve();
      });
    });
    return started;
  }

  private readonly server: Server;
  private readonly connections = new Set<ClientConnection>();

  private constructor(private readonly props: KafkaServerProps) {
    this.server = createServer((socket) => this.accept(socket));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Whether something is being stored. */
  get isProducing(): boolean {
    return [...this.connections].some((connection) => connection.isProducing);
  }

  /** Closes every connection, and goes on listening. */
  disconnect(): void {
    this.connections.forEach((connection) => connection.close());
  }

  /** Stops listening and closes every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.disconnect();
    await closed;
  }

  private accept(socket: Socket): void {
    const connection = new ClientConnection({ ...this.props, socket });
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }
}
