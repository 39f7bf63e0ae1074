import type { ApiName, RequestOf, ResponseOf } from '../protocol/messages';

/** Who made a call. */
export interface Caller {
  /** The name under which the client runs. */
  readonly clientId: string;
  /** Whether nobody waits for the answer any more. */
  isGone(): boolean;
}

/** Answers some of the calls, at once or later. */
export type Operations<Names extends ApiName> = {
  readonly [Name in Names]: (request: RequestOf<Name>, caller: Caller, answer: (response: ResponseOf<Name>) => void) => void;
};
