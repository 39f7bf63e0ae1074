import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

/** SHA-256 in the form that the independent signer wants. */
export class NodeSha256 {
  private readonly hash: Hash | Hmac;

  public constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer);
  }

  public update(data: Uint8Array | string): void {
    this.hash.update(data);
  }

  public async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  public reset(): void {
    throw new Error('not needed');
  }
}
