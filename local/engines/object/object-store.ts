/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
}

/** Objects in buckets, as far as a run needs them. */
export interface ObjectStore {
  /**
   * Stores an object, over the one that was there.
   *
   * @param key 1 to 1,024 bytes in UTF-8
   * @param headers further ones, such as `x-amz-meta-…`; `if-none-match: *` refuses to replace an object
   * @throws ObjectStoreError when it is not stored
   */
  put(bucket: string, key: string, body: Buffer, headers?: { readonly [name: string]: string }): Promise<void>;

  /** The object's bytes; undefined when there is none. @throws ObjectStoreError when the bucket is not there */
  get(bucket: string, key: string): Promise<Buffer | undefined>;

  /**
   * The objects whose keys begin with the prefix, by the bytes of their keys, as S3 lists them.
   *
   * @throws ObjectStoreError when the bucket is not there
   */
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
}

/** A call that the object engine refused. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';

  constructor(
    message: string,
    /** As S3 spells it, such as `NoSuchBucket`; the HTTP status where there is none. */
    readonly code: string,
    readonly statusCode: number,
  ) {
    super(message);
  }
}
