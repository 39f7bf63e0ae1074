import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsJsonClient, type AwsCaller } from '../../../lambdas/runtime/aws/json-client';
import { MemoryTableEngine } from '../../../local/engines/table/memory';
import { createTextKeyTables } from '../../support/text-key-tables';

/** The services of AWS that the steps of payouts call, on a loopback port: tables in memory, a queue and a bus that remember what came. */
export class LocalServices {
  public static async start(...tables: string[]): Promise<LocalServices> {
    const services = new LocalServices();
    await new Promise<void>((resolve) => { services.server.listen(0, '127.0.0.1', resolve); });
    await createTextKeyTables(services.dynamodb, tables);
    return services;
  }

  /** Bodies of the messages that were sent, as often as they were. */
  public readonly messages: string[] = [];
  /** Details of the events that were put, as often as they were. */
  public readonly events: { readonly id: string; readonly amount: number; readonly merchantId: string }[] = [];
  private readonly tables = new MemoryTableEngine();
  private readonly server: Server = createServer((request, response) => {
    this.serve(request).then(
      ({ body, status }) => response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body),
      () => response.destroy());
  });

  private client?: AwsJsonClient;

  private constructor() {}

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The tables, for whoever looks at what the steps wrote. */
  public get dynamodb(): AwsCaller {
    return this.client ??= new AwsJsonClient({
      service: 'dynamodb', region: 'eu-west-1', endpoint: this.endpoint, credentials: () => ({ accessKeyId: 'id', secretAccessKey: 'secret' }),
    });
  }

  public async stop(): Promise<void> {
    this.client?.close();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage): Promise<{ readonly status: number; readonly body: string | Buffer }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const [service, operation] = String(request.headers['x-amz-target']).split('.');
    const text = Buffer.concat(chunks).toString();
    switch (service) {
      case 'DynamoDB_20120810':
        return this.tables.call(operation, text);
      case 'AmazonSQS':
        this.messages.push((JSON.parse(text) as { MessageBody: string }).MessageBody);
        return { status: 200, body: JSON.stringify({ MessageId: String(this.messages.length) }) };
      case 'AWSEvents': {
        const { Entries } = JSON.parse(text) as { Entries: { Detail: string }[] };
        this.events.push(...Entries.map(({ Detail }) => JSON.parse(Detail) as LocalServices['events'][number]));
        return { status: 200, body: JSON.stringify({ FailedEntryCount: 0, Entries: Entries.map((_, index) => ({ EventId: String(index) })) }) };
      }
      default:
        throw new Error(`${service} is not called by steps of payouts`);
    }
  }
}
