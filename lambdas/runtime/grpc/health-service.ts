import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { WireReader } from '../protobuf/wire-reader';
import { writeNumberField } from './message-fields';

/** Values of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** Tags of HealthCheckRequest.service and HealthCheckResponse.status. */
const SERVICE = 0x0a;
const STATUS = 0x08;

const NOT_FOUND = 5;

interface HealthRequest {
  /** Full name of a service; empty for the server as a whole. */
  readonly service: string;
}

/**
 * Tells whoever asks by gRPC's health checking protocol whether a server takes calls, as the probes of Kubernetes do.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class HealthService {
  /** To be given to a server with `implementation`. */
  public readonly definition: ServiceDefinition = {
    check: {
      path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false,
      requestSerialize: asBytes, requestDeserialize: readRequest, responseSerialize: writeStatus, responseDeserialize: asBytes,
    },
    watch: {
      path: '/grpc.health.v1.Health/Watch', requestStream: false, responseStream: true,
      requestSerialize: asBytes, requestDeserialize: readRequest, responseSerialize: writeStatus, responseDeserialize: asBytes,
    },
  };

  public readonly implementation: UntypedServiceImplementation = {
    check: ({ request }: ServerUnaryCall<HealthRequest, number>, answer: sendUnaryData<number>): void => {
      const status = this.statusOf(request.service);
      if (status === SERVICE_UNKNOWN) {
        answer({ code: NOT_FOUND, details: 'The service is not known.' });
      } else {
        answer(null, status);
      }
    },
    watch: (call: ServerWritableStream<HealthRequest, number>): void => {
      // What was told last is not told again.
      call.write(this.statusOf(call.request.service));
      if (this.isServing) {
        this.watchers.add(call);
        call.on('cancelled', () => this.watchers.delete(call));
      } else {
        call.end();
      }
    },
  };

  private readonly watchers = new Set<ServerWritableStream<HealthRequest, number>>();
  private isServing = true;

  /** @param services full names, such as `payment.v1.PaymentIntake`; the empty name is the server as a whole */
  public constructor(private readonly services: readonly string[]) {}

  /** From now on no service takes calls. Those who watch are told so and let go. */
  public stop(): void {
    this.isServing = false;
    for (const watcher of this.watchers) {
      watcher.write(this.statusOf(watcher.request.service));
      watcher.end();
    }
    this.watchers.clear();
  }

  private statusOf(service: string): number {
    if (service !== '' && !this.services.includes(service)) {
      return SERVICE_UNKNOWN;
    }
    return this.isServing ? SERVING : NOT_SERVING;
  }
}

/** @returns an object: an empty name by itself would be no message at all to the library */
function readRequest(bytes: Buffer): HealthRequest {
  const reader = new WireReader(bytes);
  let service = '';
  while (!reader.atEnd) {
    const tag = reader.tag();
    if (tag === SERVICE) {
      const end = reader.contentEnd();
      service = bytes.toString('utf8', reader.position, end);
      reader.position = end;
    } else {
      reader.skip(tag);
    }
  }
  return { service };
}

function writeStatus(status: number): Buffer {
  const target = Buffer.alloc(2);
  return target.subarray(0, writeNumberField(target, 0, STATUS, status));
}

/** Of the client's side, which is not used here. */
function asBytes(bytes: Buffer): Buffer {
  return bytes;
}
