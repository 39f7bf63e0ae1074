import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { Facts } from '../../../lib/facts';
import { unescapeXml } from './xml';

/** The part of the engine's HTTP application that objects need. */
export interface ObjectApplication {
  readonly server: Server;
  /** Has a function see each request before it is handled, or after it was answered. */
  addHook(name: 'preHandler' | 'onResponse', hook: (request: EngineRequest, reply: EngineReply, done: () => void) => void): unknown;
  /** Has a function see, and change, what is answered. */
  addHook(
    name: 'onSend', hook: (request: EngineRequest, reply: EngineReply, body: unknown, done: (error: null, body: unknown) => void) => void,
  ): unknown;
  /** Handles a request that did not come over the network. */
  inject(options: { readonly method: 'HEAD' | 'PUT'; readonly url: string }): Promise<{ readonly statusCode: number }>;
}

interface EngineRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

interface EngineReply {
  header(name: string, value: string): EngineReply;
  status(code: number): EngineReply;
  send(body: string): unknown;
}

/** Longest bucket name of S3. The engine takes longer ones, but its router none above 100 characters. */
const MAXIMUM_BUCKET_LENGTH = Facts.DEFAULT.number('s3/bucket.name.maxLength');
/** Paths at which the engine answers something else. */
const RESERVED: ReadonlySet<string> = new Set(['health', '_fauxqs']);

/**
 * The name under which the engine keeps a bucket. Most keep their own; one that the engine would not serve gets another, which only
 * the engine sees. (A name made of a stack's and a logical id is longer than those that CloudFormation makes up.)
 */
function engineBucket(name: string): string {
  return name.length > MAXIMUM_BUCKET_LENGTH || RESERVED.has(name)
    ? `bucket-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`
    : name;
}

/**
 * Prepares the engine, before it listens, for what clients of S3 send: bucket names that it would not take, listings without a page
 * size (the engine orders keys by the rules of a language and starts pages by another order, so a bucket comes in one page, and is
 * put into S3's order), and writes that must not replace an object, which it would replace.
 */
export function prepareObjectRequests(application: ObjectApplication): void {
  application.server.prependListener('request', (request: IncomingMessage) => {
    request.url = engineUrl(request.method ?? 'GET', request.url ?? '/');
  });
  /** Objects that are being created at the moment, by their paths. */
  const creating = new Set<string>();
  const creations = new WeakMap<EngineRequest, string>();
  application.addHook('preHandler', (request, reply, done) => {
    if (request.method !== 'PUT' || request.headers['if-none-match'] !== '*') {
      done();
      return;
    }
    const url = request.url.split('?', 1)[0];
    if (creating.has(url)) {
      refuse(reply, 409, 'ConditionalRequestConflict');
      return;
    }
    creating.add(url);
    creations.set(request, url);
    application.inject({ method: 'HEAD', url }).then(
      ({ statusCode }) => {
        if (statusCode === 200) {
          refuse(reply, 412, 'PreconditionFailed');
        } else {
          done();
        }
      },
      // Without an answer its client would wait for ever, and so would everybody who creates the object later.
      () => {
        creating.delete(url);
        refuse(reply, 500, 'InternalError');
      },
    );
  });
  application.addHook('onSend', (request, _reply, body, done) => {
    done(null, request.method === 'GET' && typeof body === 'string' && body.includes('<ListBucketResult') ? inOrder(body) : body);
  });
  application.addHook('onResponse', (request, _reply, done) => {
    creating.delete(creations.get(request) ?? '');
    done();
  });
}

/** Creates buckets. @throws Error when the engine does not. */
export async function createBuckets(application: ObjectApplication, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { statusCode } = await application.inject({ method: 'PUT', url: `/${encodeURIComponent(engineBucket(name))}` });
    if (statusCode !== 200) {
      throw new Error(`The object engine refused to create the bucket ${name}, with status ${statusCode}`);
    }
  }
}

/** The engine's URL for a request with the bucket in its path. Calls of queues are posted to other paths. */
function engineUrl(method: string, url: string): string {
  const [, bucket, rest] = /^\/([^/?]*)(.*)$/s.exec(url) ?? ['', '', ''];
  const isObjectCall = bucket !== '' && method !== 'POST';
  if (!isObjectCall || (RESERVED.has(bucket) && rest === '' && method === 'GET')) {
    return url;
  }
  const isListing = method === 'GET' && /^\/?(\?|$)/.test(rest) && !/[?&]max-keys=/.test(rest);
  const listed = isListing ? `${rest}${rest.includes('?') ? '&' : '?'}max-keys=${Number.MAX_SAFE_INTEGER}` : rest;
  return `/${encodeURIComponent(engineBucket(decodeURIComponent(bucket)))}${listed}`;
}

/** A listing in the order of the keys' bytes. */
function inOrder(listing: string): string {
  const objects = [...listing.matchAll(/<Contents><Key>([^<]*)<\/Key>.*?<\/Contents>/gs)].map(([xml, key]) => ({ xml, bytes: Buffer.from(unescapeXml(key)) }));
  objects.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
  let next = 0;
  return listing.replace(/<Contents>.*?<\/Contents>/gs, () => objects[next++].xml);
}

function refuse(reply: EngineReply, status: number, code: string): void {
  reply.header('content-type', 'application/xml').status(status).send(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`);
}
