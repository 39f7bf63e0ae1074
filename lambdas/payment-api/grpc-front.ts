import type { Metadata, Responder, sendUnaryData, ServerInterceptingCallInterface, ServerUnaryCall, StatusObject } from '@grpc/grpc-js';
import { GracefulGrpcServer } from '../runtime/grpc/graceful-grpc-server';
import { grpcLibrary } from '../runtime/grpc/grpc-library';
import { decodeAcceptRequest, type IntakeResult } from '../runtime/grpc/payment-intake-messages';
import { PAYMENT_INTAKE_DEFINITION, PAYMENT_INTAKE_SERVICE } from '../runtime/grpc/payment-intake-service';
import { ClientGoneError } from '../runtime/http/body-reader';
import { HttpProblem } from '../runtime/http/problem';
import type { ActiveSpan } from '../runtime/observability/tracer';
import type { Payment } from '../runtime/payment/payment';
import { type PaymentMessage, readPaymentMessage, validatePaymentMessage } from '../runtime/payment/payment-message';
import { isPaymentText } from '../runtime/payment/payment-text';
import { BATCH_MEMBER, type PaymentValidation } from '../runtime/payment/payment-validation';
import { encodeReceipt } from '../runtime/producer/receipt';
import { WireFormatError } from '../runtime/protobuf/wire-reader';
import type { Admission } from './admission';
import { foreignMerchant, mayActFor, type Principal, requireScope } from './authentication';
import { MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_PAYMENTS } from './batch-body';
import { outcomeOf, retryMetadata, statusOfProblem, type StatusParts } from './grpc-status';
import { type Intake, RETRY_SOON } from './intake';
import { PaymentBatches } from './payment-batches';
import type { PaymentApiPorts } from './ports';
import { type RequestMetrics, type RouteMetrics, statusOfError } from './request-metrics';
import { sampledTrace } from './trace-context';

const { path: ACCEPT_PATH } = PAYMENT_INTAKE_DEFINITION.accept;

type AcceptCall = ServerUnaryCall<Buffer, readonly IntakeResult[]>;

/** A call that was let in. */
/** How long a message may take to come: as long as a body does over HTTP. */
const RECEIVE_MILLISECONDS = 30_000;
/** Most messages that are on their way to this process at once. Each may be as large as a batch. */
const MOST_ON_THE_WAY = 128;

interface Guest {
  readonly principal: Principal;
  /** Whether the handler has it, and tells its end. */
  isHandled: boolean;
}

interface Answer {
  readonly results: readonly IntakeResult[];
  /** How many of them could not be stored. */
  readonly unavailable: number;
}

/** How the front that speaks gRPC is made. */
export interface GrpcFrontOptions {
  /** After how many seconds a connection is to be made anew. @default - as the server has it */
  readonly connectionSeconds?: number;
  /** Where calls are counted, with the requests of HTTP. @default - nowhere */
  readonly metrics?: RequestMetrics;
}

/**
 * Makes the front of the API that speaks gRPC: `payment.v1.PaymentIntake` of payment/v1/payment_service.proto.
 *
 * @param intake and admission are those of the front that speaks HTTP, so that both hold clients to the same limits and know the same keys
 */
export async function createGrpcFront(
  ports: PaymentApiPorts, intake: Intake, admission: Admission, { connectionSeconds, metrics }: GrpcFrontOptions = {},
): Promise<GracefulGrpcServer> {
  const { Metadata, ServerInterceptingCall, status } = await grpcLibrary();
  const front = new GrpcFront(ports, intake, admission, { Metadata, status }, metrics?.route(ACCEPT_PATH.slice(1)));
  return GracefulGrpcServer.create({
    service: PAYMENT_INTAKE_SERVICE,
    definition: PAYMENT_INTAKE_DEFINITION,
    implementation: { accept: front.accept },
    interceptors: [(method, call) => new ServerInterceptingCall(call, method.path === ACCEPT_PATH ? front.admit(call) : undefined)],
    maximumMessageBytes: MAXIMUM_BATCH_BYTES,
    connectionSeconds,
  });
}

class GrpcFront {
  private readonly batches: PaymentBatches;
  private readonly now: () => number;
  private readonly guests = new WeakMap<Metadata, Guest>();
  /** Messages that are on their way. */
  private onTheWay = 0;

  public constructor(
    private readonly ports: PaymentApiPorts,
    private readonly intake: Intake,
    private readonly admission: Admission,
    private readonly parts: StatusParts,
    private readonly metrics: RouteMetrics | undefined,
  ) {
    this.batches = new PaymentBatches(ports, intake);
    this.now = ports.now ?? Date.now;
  }

  /** Lets a call in or not, before anything of its message is received. */
  public admit(call: ServerInterceptingCallInterface): Responder {
    let guest: Guest | undefined;
    let hasEnded = false;
    let late: NodeJS.Timeout | undefined;
    const arrived = (): void => {
      if (late !== undefined) {
        clearTimeout(late);
        late = undefined;
        this.onTheWay--;
      }
    };
    return {
      start: (next) => next({
        onReceiveMetadata: (metadata, proceed) => {
          const enter = (principal: Principal): void => {
            if (!hasEnded) {
              this.requireWay();
              this.admission.enter('critical');
              this.onTheWay++;
              late = setTimeout(() => call.sendStatus({ code: this.parts.status.DEADLINE_EXCEEDED, details: 'The message did not come in time.' }), RECEIVE_MILLISECONDS);
              guest = { principal, isHandled: false };
              this.guests.set(metadata, guest);
              proceed(metadata);
            }
          };
          const refuse = (error: unknown): void => {
            this.metrics?.count(statusOfError(error));
            call.sendStatus(this.statusOf(error));
          };
          try {
            const credentials = { authorization: headerOf(metadata, 'authorization'), apiKey: headerOf(metadata, 'x-api-key') };
            const who = this.ports.authenticate(credentials, call.getConnectionInfo().remoteAddress ?? '');
            if (who instanceof Promise) {
              who.then(enter).catch(refuse);
            } else {
              enter(who);
            }
          } catch (error) {
            refuse(error);
          }
        },
        onReceiveHalfClose: (proceed) => {
          arrived();
          proceed();
        },
        // Comes for every call, however it ends.
        onCancel: () => {
          hasEnded = true;
          arrived();
          if (guest !== undefined && !guest.isHandled) {
            this.admission.leave(0, false);
          }
        },
      }),
    };
  }

  /** @throws HttpProblem 503 */
  private requireWay(): void {
    if (this.onTheWay >= MOST_ON_THE_WAY) {
      throw new HttpProblem(503, { detail: 'Too many messages are on their way.' }, RETRY_SOON);
    }
  }

  public readonly accept = (call: AcceptCall, answer: sendUnaryData<readonly IntakeResult[]>): void => {
    const begun = this.metrics?.begin() ?? 0;
    this.serve(call).then(
      ({ results, unavailable }) => {
        this.metrics?.end(begun, 200);
        answer(null, results, retryMetadata(unavailable > 0 ? RETRY_SOON['retry-after'] : undefined, this.parts));
      },
      (error: unknown) => {
        this.metrics?.end(begun, statusOfError(error));
        answer(this.statusOf(error));
      },
    );
  };

  private async serve(call: AcceptCall): Promise<Answer> {
    const guest = this.guests.get(call.metadata);
    if (guest === undefined) {
      throw new Error('a call came that was not let in');
    }
    guest.isHandled = true;
    const since = this.now();
    let isDropped = false;
    const traceParent = headerOf(call.metadata, 'traceparent');
    const span = this.ports.tracer?.serve(ACCEPT_PATH.slice(1), traceParent);
    try {
      const take = (): Promise<Answer> => this.take(call, guest.principal, sampledTrace(traceParent), span);
      return await (span === undefined ? take() : span.during(take, serverFault));
    } catch (error) {
      isDropped = error instanceof HttpProblem && error.status === 503;
      throw error;
    } finally {
      this.admission.leave(this.now() - since, isDropped);
    }
  }

  private async take(
    call: AcceptCall, principal: Principal, traceParent: string | undefined, span: ActiveSpan | undefined,
  ): Promise<Answer> {
    requireScope(principal, 'payments:write');
    this.intake.requireRoom();
    const messages = readMessages(call.request);
    requireMerchants(principal, messages);
    const charged = this.admission.charge(principal, messages.length);
    if (charged !== undefined) {
      await charged;
    }
    if (call.cancelled) {
      // Nobody waits for it any more, and what is not begun costs nothing.
      throw new ClientGoneError();
    }
    const results = new Array<IntakeResult>(messages.length);
    const valid: Payment[] = [];
    const indexes: number[] = [];
    messages.forEach((message, index) => {
      const { payment, problem }: PaymentValidation = message.record === undefined
        ? { problem: message.problem } : validatePaymentMessage(message.record, [BATCH_MEMBER, index]);
      if (problem === undefined) {
        valid.push(payment);
        indexes.push(index);
      } else {
        results[index] = { outcome: outcomeOf(problem.status, {}), detail: problem.detail, field: problem.field };
      }
    });
    const unavailable = await this.batches.take({ span, traceParent }, { valid, indexes }, {
      accepted: (index, place, acceptedAt) => {
        results[index] = { outcome: 'accepted', receipt: place === undefined ? '' : encodeReceipt(place, acceptedAt) };
      },
      refused: (index, status, details) => { results[index] = { outcome: outcomeOf(status, details), ...details }; },
    });
    return { results, unavailable };
  }

  private statusOf(error: unknown): StatusObject {
    if (error instanceof HttpProblem) {
      return statusOfProblem(error, this.parts);
    }
    if (error instanceof ClientGoneError) {
      return { code: this.parts.status.CANCELLED, details: 'The caller is gone.', metadata: new this.parts.Metadata() };
    }
    this.ports.onUnexpectedError?.(error);
    return { code: this.parts.status.INTERNAL, details: 'The call failed for a reason of the server.', metadata: new this.parts.Metadata() };
  }
}

/** What a span tells of an error; what a client did wrong is no failure of the server. */
function serverFault(error: unknown): string | undefined {
  const isOurs = error instanceof HttpProblem ? error.status >= 500 : !(error instanceof ClientGoneError);
  return isOurs ? 'not answered' : undefined;
}

/** @throws HttpProblem 400, 413 */
function readMessages(request: Buffer): PaymentMessage[] {
  let messages: readonly Buffer[];
  try {
    messages = decodeAcceptRequest(request, MAXIMUM_BATCH_PAYMENTS);
  } catch (error) {
    if (error instanceof WireFormatError) {
      throw new HttpProblem(400, { detail: `The message is not protobuf: ${error.message}.` });
    }
    throw error;
  }
  if (messages.length === 0) {
    throw new HttpProblem(400, { detail: 'must hold at least one payment', field: `/${BATCH_MEMBER}` });
  }
  if (messages.length > MAXIMUM_BATCH_PAYMENTS) {
    throw new HttpProblem(413, { detail: `must hold at most ${MAXIMUM_BATCH_PAYMENTS} payments`, field: `/${BATCH_MEMBER}` });
  }
  return messages.map((bytes, index) => readPaymentMessage(bytes, [BATCH_MEMBER, index]));
}

/** Looks at every merchant that can be read, whatever else is wrong with its payment. @throws HttpProblem 403 */
function requireMerchants(principal: Principal, messages: readonly PaymentMessage[]): void {
  if (principal.merchants === 'all') {
    return;
  }
  for (const { record } of messages) {
    if (record !== undefined && isPaymentText(record.merchantId) && !mayActFor(principal, record.merchantId)) {
      throw foreignMerchant();
    }
  }
}

function headerOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}
