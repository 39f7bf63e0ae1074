import { type HttpAnswer, HttpAnswerReader } from '../../../lambdas/runtime/aws/http-answer';
import type { HttpTransport } from '../../../lambdas/runtime/aws/http-connections';
import { instantAnswer } from './instant-answers';

const TARGET = /\r\nx-amz-target: ([^\r]+)\r\n/;

/** Takes the place of the connections of the kit's client: the request is whole and signed, and the answer comes as the bytes of HTTP. */
export class InstantTransport implements HttpTransport {
  public async exchange(request: Uint8Array): Promise<HttpAnswer> {
    const target = TARGET.exec(Buffer.from(request.buffer, request.byteOffset, 400).toString('latin1'))?.[1] ?? '';
    const body = instantAnswer(target);
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ${body.length}\r\n\r\n`;
    return new HttpAnswerReader().push(Buffer.concat([Buffer.from(head), body])) as HttpAnswer;
  }

  public close(): void {
    // There is nothing to close.
  }
}
