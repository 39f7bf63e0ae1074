import { int16, int32, plain, shortText, skipTaggedFields } from './fields';
import { API, type ApiName } from './messages';
import { MalformedRequestError, type WireReader } from './wire-reader';

/** What stands in front of every request. See https://kafka.apache.org/protocol#protocol_messages. */
const HEADER = plain({ apiKey: int16, apiVersion: int16, correlationId: int32, clientId: shortText });

const NAMES: ReadonlyMap<number, ApiName> = new Map(Object.entries(API).map(([name, { key }]) => [key, name as ApiName]));

export interface RequestHeader {
  readonly name: ApiName;
  /** Whether the body is in the version that is spoken. Only the call that asks for versions may be in another one. */
  readonly isSpoken: boolean;
  readonly correlationId: number;
  readonly clientId: string;
}

/** @throws MalformedRequestError for a call, or a version of it, that is not spoken: its answer would be in a form that only its client knows */
export function readHeader(reader: WireReader): RequestHeader {
  const { apiKey, apiVersion, clientId, correlationId } = HEADER.read(reader);
  const name = NAMES.get(apiKey);
  const isSpoken = name !== undefined && API[name].version === apiVersion;
  if (name === undefined || (!isSpoken && name !== 'ApiVersions')) {
    throw new MalformedRequestError(`version ${apiVersion} of call ${apiKey} is not spoken`);
  }
  if (isSpoken) {
    skipTaggedFields(reader);
  }
  return { name, isSpoken, correlationId, clientId: clientId ?? '' };
}
