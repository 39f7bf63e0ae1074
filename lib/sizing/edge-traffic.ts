import { Facts } from '../facts';
import { Workload } from '../workload';
import { Sized } from './planned';

/** What passes one of the two edges. */
export interface EdgeShare {
  /** Requests per second. */
  readonly requests: number;
  /** Bytes per second in both directions, with HTTP headers. */
  readonly bytes: number;
}

/** What passes the edges at one rate of payments. */
export interface EdgeTraffic {
  /** People and their devices: tokens, a web ACL. */
  readonly public: EdgeShare;
  /** Servers of partners: mutual TLS, no web ACL. */
  readonly partner: EdgeShare;
  /** Requests per second of both. */
  readonly requests: number;
}

/** Facts that the traffic rests on. */
export const EDGE_TRAFFIC_FACTS: readonly string[] = [
  'target/edge.requestHeaderBytes', 'target/edge.answerHeaderBytes', 'target/edge.receiptBytes',
];

/** Requests and bytes that a rate of payments causes: posts of one or more payments each, and reads of a status. */
export function edgeTraffic(workload: Workload, paymentsPerSecond: number, facts: Facts): EdgeTraffic {
  const posts = paymentsPerSecond / workload.paymentsPerRequest;
  const reads = paymentsPerSecond * workload.readsPerPayment;
  const headers = facts.number('target/edge.requestHeaderBytes') + facts.number('target/edge.answerHeaderBytes');
  const payload = workload.payloadSize.meanBytes;
  const requests = posts + reads;
  const bytes = requests * headers + paymentsPerSecond * (payload + facts.number('target/edge.receiptBytes')) + reads * payload;
  const share = (part: number): EdgeShare => ({ requests: requests * part, bytes: bytes * part });
  return { public: share(workload.publicEdgeShare), partner: share(1 - workload.publicEdgeShare), requests };
}

/** Ids of the facts behind a sizing, for a decision that rests on it. */
export function factsOf(sizing: Sized): string[] {
  return [...new Set(sizing.decisions.flatMap((it) => it.facts))];
}
