import * as net from 'node:net';
import type { CacheEngine } from './cache-engine';
import { MemoryCache } from './memory-cache';
import { CommandReader, encodeReply, ProtocolError } from './resp';

const HOST = '127.0.0.1';

/** A cache in this process that speaks the protocol of Redis, for machines without one. */
export class MemoryCacheServer implements CacheEngine {
  readonly title = 'in-memory cache of this kit (no redis-server or valkey-server on the PATH)';
  private readonly connections = new Set<net.Socket>();
  private server: net.Server | undefined;

  async start(port: number): Promise<void> {
    const cache = new MemoryCache({ host: HOST, port });
    const server = net.createServer((socket) => this.serve(socket, cache));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.server = server;
  }

  async kill(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      this.connections.forEach((socket) => socket.destroy());
      await closed;
    }
  }

  private serve(socket: net.Socket, cache: MemoryCache): void {
    const reader = new CommandReader();
    this.connections.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.connections.delete(socket));
    socket.on('data', (chunk) => {
      try {
        const commands = reader.read(chunk);
        if (commands.length > 0) {
          socket.write(commands.map((words) => encodeReply(cache.execute(words))).join(''));
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        socket.end(encodeReply({ error: `ERR Protocol error: ${error.message}` }));
      }
    });
  }
}
