import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { GracefulGrpcServer } from '../../../../lambdas/runtime/grpc/graceful-grpc-server';

const SERVICE = 'test.v1.Waiting';
const asIs = (bytes: Buffer) => bytes;
const METHOD = {
  path: `/${SERVICE}/Wait`, requestStream: false, responseStream: false,
  requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
} as const;

describe('GracefulGrpcServer', () => {
  it('drains though a call never ends: it is waited for only so long', async () => {
    let called: () => void = () => undefined;
    const received = new Promise<void>((resolve) => { called = resolve; });
    const server = await GracefulGrpcServer.create({
      service: SERVICE, definition: { wait: METHOD }, implementation: { wait: () => called() }, maximumMessageBytes: 1_000, drainSeconds: 1,
    });
    const client = new Client(`127.0.0.1:${await server.listen(0, '127.0.0.1')}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
    let answered: ServiceError | null | undefined;
    const call = client.makeUnaryRequest(METHOD.path, asIs, asIs, Buffer.alloc(1), (error) => { answered = error; });
    const end = new Promise<void>((resolve) => { call.on('status', () => resolve()); });
    await received;
    await server.drain();
    expect(answered).toBeUndefined();
    call.cancel();
    await end;
    client.close();
    expect(answered?.code).toBe(status.CANCELLED);
  });

  it.each(['connectionSeconds', 'keepAliveSeconds', 'drainSeconds'])('refuses %s out of its range', async (name) => {
    const options = { service: SERVICE, definition: { wait: METHOD }, implementation: {}, maximumMessageBytes: 1, [name]: 0 };
    await expect(GracefulGrpcServer.create(options)).rejects.toThrow(`\`${name}\` must be`);
  });
});
