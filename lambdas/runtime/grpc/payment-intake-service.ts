import type { MethodDefinition } from '@grpc/grpc-js';
import type { Payment } from '../payment/payment';
import { decodeAcceptResponse, encodeAcceptRequest, encodeAcceptResponse, type IntakeResult } from './payment-intake-messages';

/** Full name of the service of payment/v1/payment_service.proto. */
export const PAYMENT_INTAKE_SERVICE = 'payment.v1.PaymentIntake';

/** A method as clients call it, and as servers answer it, which read a request themselves: with `decodeAcceptRequest`, once they know who asks. */
interface AcceptMethod extends Omit<MethodDefinition<readonly Payment[], readonly IntakeResult[]>, 'requestDeserialize'> {
  readonly requestDeserialize: (bytes: Buffer) => Buffer;
}

/** Its methods, with the codecs of this kit: nothing is read from the .proto at run time. */
export const PAYMENT_INTAKE_DEFINITION: { readonly accept: AcceptMethod } = {
  accept: {
    path: `/${PAYMENT_INTAKE_SERVICE}/Accept`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (payments: readonly Payment[]) => encodeAcceptRequest(payments),
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (results: readonly IntakeResult[]) => encodeAcceptResponse(results),
    responseDeserialize: (bytes: Buffer) => decodeAcceptResponse(bytes),
  },
};
