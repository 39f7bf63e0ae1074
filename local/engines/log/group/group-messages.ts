import { ERROR, type ErrorCode } from '../protocol/error-codes';

/** What a group is asked and answers: the calls of the protocol without what is only form. */
export interface JoinRequest {
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Empty where the client has none yet. */
  readonly memberId: string;
  /** Name under which a static member comes back after a restart (KIP-345). @default - a member that is none */
  readonly groupInstanceId?: string | null;
  readonly protocolType: string;
  /** Ways to deal out that it knows, the one it likes best first. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface JoinResult {
  readonly errorCode: ErrorCode;
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly memberId: string;
  /** Told to the leader alone, who deals out. */
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null; readonly metadata: Buffer }[];
  /** Whether the leader has nothing to deal out: it came back, and each goes on with its part (KIP-814). */
  readonly skipAssignment: boolean;
}

export interface SyncRequest {
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncResult {
  readonly errorCode: ErrorCode;
  readonly assignment: Buffer;
}

/** Of no group. */
export const NO_GENERATION = -1;

export function joinRefused(errorCode: ErrorCode, memberId = ''): JoinResult {
  return { errorCode, generationId: NO_GENERATION, protocolName: null, leader: '', memberId, members: [], skipAssignment: false };
}

export function syncRefused(errorCode: ErrorCode): SyncResult {
  return { errorCode, assignment: Buffer.alloc(0) };
}

export function assigned(assignment: Buffer): SyncResult {
  return { errorCode: ERROR.NONE, assignment };
}
