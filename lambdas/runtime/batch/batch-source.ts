import type { ParkedSource } from '../parking/parking';

/** What one delivered record holds: itself, or one of the records that were packed into it. */
export interface Unpacked<Payload> {
  readonly payload: Payload;
  /** What the source orders by: partition key, message group, key of the topic or of the row. @default - nothing */
  readonly partitionKey?: string;
}

/** What to answer for a batch, and how much of it comes again for that. */
export interface BatchAnswer<Response> {
  readonly response: Response;
  /** Records that are delivered again, those among them that are done and lie behind one that is not. */
  readonly left: number;
}

/**
 * What a batch processor knows of where its batches come from. `BatchSources` has those of AWS Lambda's event source mappings.
 *
 * `Native` is a record as the event has it, `Payload` what is decoded, `Decoded` what that is without a decoder.
 */
export interface BatchSource<Event, Native, Payload, Response, Decoded> {
  /** Name of the service, for errors. */
  readonly service: string;
  /**
   * Whether a batch comes again as a whole when anything in it is not done. The processor then remembers what is done of it, so that a batch
   * that takes more than one invocation ends in the end. It forgets with its execution environment.
   *
   * @default false
   */
  readonly repeatsWhole?: boolean;
  /** The records of an event, in the order of their delivery. @throws UnexpectedEventError for an event of another source */
  records(event: Event): readonly Native[];
  /** What a record holds, in its order. */
  unpack(record: Native): readonly Unpacked<Payload>[];
  /** Decodes where no decoder is given. */
  decode(payload: Payload): Decoded;
  /**
   * Name of the stream of a record: its batch is acknowledged up to the first record that is not done, and comes again from there on.
   *
   * @returns undefined where each record is acknowledged by itself
   */
  streamOf(record: Native): string | undefined;
  /** Whether the source promises an order for each partition key that must hold whatever the processor was asked for. */
  isOrdered(record: Native): boolean;
  /** Where a record lies, for those who look for it. */
  placeOf(record: Native, index: number, event: Event): ParkedSource;
  /** The `traceparent` (W3C Trace Context) that came beside a record. */
  traceParentOf(record: Native): string | undefined;
  /** A payload as it is parked. */
  bytesOf(payload: Payload): Uint8Array;
  /**
   * What the function answers.
   *
   * @param unfinished positions of the records that are not done, ascending
   * @throws where the source can be told of it in no other way
   */
  answer(records: readonly Native[], unfinished: readonly number[], event: Event): BatchAnswer<Response>;
}

/** Any source; what it is made of is inferred. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a bound of type parameters, which are inferred
export type AnyBatchSource = BatchSource<any, any, any, any, any>;

export type EventOf<Source> = Source extends BatchSource<infer Event, infer _N, infer _P, infer _R, infer _D> ? Event : never;
export type NativeOf<Source> = Source extends BatchSource<infer _E, infer Native, infer _P, infer _R, infer _D> ? Native : never;
export type PayloadOf<Source> = Source extends BatchSource<infer _E, infer _N, infer Payload, infer _R, infer _D> ? Payload : never;
export type ResponseOf<Source> = Source extends BatchSource<infer _E, infer _N, infer _P, infer Response, infer _D> ? Response : never;
export type DecodedOf<Source> = Source extends BatchSource<infer _E, infer _N, infer _P, infer _R, infer Decoded> ? Decoded : never;

/** JSON in UTF-8 or as text; of nothing, such as the tombstone of a topic, null. @throws SyntaxError or TypeError */
export function decodeJson(payload: Uint8Array | string | null): unknown {
  if (payload === null) {
    return null;
  }
  return JSON.parse(typeof payload === 'string' ? payload : UTF8.decode(payload)) as unknown;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
