import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bank, type BankBehaviour, KeyReusedError, type Transfer, type TransferRequest } from './bank';

/**
 * Serves a pretend bank on a loopback port: `POST /transfers` with `Idempotency-Key` and `GET /transfers/{key}`. Whoever compares the books finds
 * what it has carried out under `GET /transfers`, and what it has refused under `GET /refusals`.
 */
export class BankServer {
  static async start(behaviour: BankBehaviour = {}): Promise<BankServer> {
    const started = new BankServer(new Bank(behaviour));
    await new Promise<void>((resolve, reject) => {
      started.server.once('error', reject);
      started.server.listen(0, '127.0.0.1', resolve);
    });
    return started;
  }

  private readonly server: Server;

  private constructor(readonly bank: Bank) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.keepAliveTimeout = 120_000;
  }

  /** Base address, e.g. `http://127.0.0.1:41234`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const path = request.url ?? '';
    if (request.method === 'GET' && path === '/transfers') {
      answer(response, 200, { transfers: this.bank.transfers.filter(({ status }) => status === 'paid') });
    } else if (request.method === 'GET' && path === '/refusals') {
      answer(response, 200, { transfers: this.bank.transfers.filter(({ status }) => status === 'refused') });
    } else if (request.method === 'GET' && path.startsWith('/transfers/')) {
      const transfer = this.bank.find(decodeURIComponent(path.slice('/transfers/'.length)));
      answer(response, transfer === undefined ? 404 : 200, transfer === undefined ? { message: 'there is no such transfer' } : told(transfer));
    } else if (request.method === 'POST' && path === '/transfers') {
      await this.post(request.headers['idempotency-key'], Buffer.concat(chunks).toString(), response);
    } else {
      answer(response, 404, { message: 'there is nothing here' });
    }
  }

  private async post(key: string | string[] | undefined, body: string, response: ServerResponse): Promise<void> {
    const transfer = readRequest(body);
    if (typeof key !== 'string' || transfer === undefined) {
      answer(response, 400, { message: 'Idempotency-Key, merchantId, key, amount and currency must be there' });
      return;
    }
    try {
      const result = this.bank.transfer(key, transfer);
      if (result.kind === 'lost') {
        response.destroy();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, result.delayMilliseconds));
      answer(response, result.transfer.status === 'paid' ? 200 : 422, told(result.transfer));
    } catch (error) {
      if (!(error instanceof KeyReusedError)) {
        throw error;
      }
      answer(response, 409, { message: error.message });
    }
  }
}

function told({ status, code, reference }: Transfer): object {
  return { status, code, reference };
}

function readRequest(body: string): TransferRequest | undefined {
  try {
    const { merchantId, key, amount, currency } = JSON.parse(body) as Partial<TransferRequest>;
    return typeof merchantId === 'string' && typeof key === 'string' && Number.isInteger(amount) && typeof currency === 'string'
      ? { merchantId, key, amount: amount!, currency }
      : undefined;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  response.end(text);
}
