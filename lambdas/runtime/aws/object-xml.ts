import { AwsServiceError } from './errors';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** One page of a listing. */
export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Where the next page begins; undefined after the last. */
  readonly continuationToken?: string;
}

/**
 * Reads an answer of `ListObjectsV2`. The few elements that count hold no others of their own, so that no parser for all of XML is needed.
 *
 * @throws Error when the answer is no listing
 */
export function readListing(xml: string): Listing {
  if (!xml.includes('<ListBucketResult')) {
    throw new Error('the answer is no listing of a bucket');
  }
  const objects = [...xml.matchAll(/<Contents>([^]*?)<\/Contents>/g)].map(([, entry]) => ({
    key: element(entry, 'Key') ?? '',
    bytes: Number(element(entry, 'Size')),
  }));
  const continuationToken = element(xml, 'IsTruncated') === 'true' ? element(xml, 'NextContinuationToken') : undefined;
  return { objects, ...(continuationToken === undefined ? undefined : { continuationToken }) };
}

/** The error that S3 answers with. An empty body or a page of a proxy still is a service error. */
export function readServiceError(statusCode: number, body: string): AwsServiceError {
  return new AwsServiceError(element(body, 'Code') ?? `Http${statusCode}`, statusCode, element(body, 'Message') ?? '');
}

function element(xml: string, name: string): string | undefined {
  const content = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return content?.replace(/&(lt|gt|quot|apos|amp|#x?[0-9a-fA-F]+);/g, (_, entity: string) => character(entity));
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function character(entity: string): string {
  if (!entity.startsWith('#')) {
    return NAMED[entity];
  }
  return String.fromCodePoint(entity[1] === 'x' ? parseInt(entity.slice(2), 16) : parseInt(entity.slice(1), 10));
}
