import { Agent } from 'node:http';
import { type AddressInfo } from 'node:net';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fastify from 'fastify';

/**
 * What a good team writes first: Fastify with a schema of the body, and a PutRecord of the AWS SDK for each payment. It asks for no token, looks
 * for no card number and no member that comes twice, and keeps no memory of what it took in.
 */

const TEXT = { type: 'string', minLength: 1, maxLength: 64 } as const;

const PAYMENT = {
  type: 'object',
  additionalProperties: false,
  required: ['idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'method'],
  properties: {
    idempotencyKey: TEXT,
    merchantId: TEXT,
    payerId: TEXT,
    amount: { type: 'integer', minimum: 1, maximum: 1_000_000_000_000 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    type: { type: 'string', enum: ['payment'] },
    method: {
      type: 'object',
      additionalProperties: false,
      required: ['type', 'token'],
      properties: { type: { type: 'string', const: 'card_token' }, token: TEXT },
    },
  },
} as const;

const RECEIPT = { type: 'object', properties: { receipt: { type: 'string' } } } as const;

const { KINESIS_ENDPOINT: endpoint, CONNECTIONS: connections } = process.env;
const kinesis = new KinesisClient({
  endpoint,
  // Its default speaks HTTP/2, which the stub does not.
  requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true, maxSockets: Number(connections) }) }),
});

const server = fastify();
server.post<{ Body: { merchantId: string; idempotencyKey: string } }>('/payments', {
  schema: { body: PAYMENT, response: { 202: RECEIPT } },
}, async (request, reply) => {
  const payment = request.body;
  const { ShardId: shardId, SequenceNumber: sequenceNumber } = await kinesis.send(new PutRecordCommand({
    StreamName: 'payments',
    PartitionKey: payment.idempotencyKey,
    Data: Buffer.from(JSON.stringify({ ...payment, acceptedAt: Date.now() })),
  }));
  reply.code(202).header('location', `/merchants/${encodeURIComponent(payment.merchantId)}/payments/${encodeURIComponent(payment.idempotencyKey)}`);
  return { receipt: Buffer.from(`${shardId}~${sequenceNumber}`).toString('base64url') };
});

void server.listen({ port: 0, host: '127.0.0.1' }).then(() => {
  process.stdout.write(`${JSON.stringify({ port: (server.server.address() as AddressInfo).port })}\n`);
});
