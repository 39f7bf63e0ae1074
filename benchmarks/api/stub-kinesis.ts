import * as http from 'node:http';
import { type AddressInfo } from 'node:net';

/** Answers PutRecord and PutRecords as Kinesis does, and keeps nothing. A process of its own, which nobody measures. */

const SHARD = 'shardId-000000000000';
let number = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

function stored(): object {
  number++;
  return { SequenceNumber: String(number), ShardId: SHARD };
}

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { Records: records } = JSON.parse(Buffer.concat(chunks).toString()) as { Records?: unknown[] };
    const answer = JSON.stringify(records === undefined ? stored() : { FailedRecordCount: 0, Records: records.map(stored) });
    response.writeHead(200, {
      'x-amzn-requestid': 'd5f8a1de-3f0a-4c8b-9f45-2a6c8f1c7b11',
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));
process.on('disconnect', () => process.exit(0));
