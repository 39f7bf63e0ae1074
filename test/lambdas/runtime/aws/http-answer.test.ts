import fc from 'fast-check';
import { type HttpAnswer, HttpAnswerReader, MalformedAnswerError } from '../../../../lambdas/runtime/aws/http-answer';

/** Reads pieces one by one; the last must complete the answer. */
function read(...pieces: readonly (string | Buffer)[]): HttpAnswer | undefined {
  const reader = new HttpAnswerReader();
  let answer: HttpAnswer | undefined;
  for (const piece of pieces) {
    expect(answer).toBeUndefined();
    answer = reader.push(Buffer.from(piece));
  }
  return answer;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((left, right) => left - right);
  return [...ends, bytes.length].map((end, index, all) => bytes.subarray(index === 0 ? 0 : all[index - 1], end));
}

/** A body in chunks, cut anywhere. */
function inChunks(body: Buffer, places: readonly number[]): Buffer {
  const chunks = cut(body, places).filter(({ length }) => length > 0);
  return Buffer.concat([
    ...chunks.flatMap((chunk, index) => [Buffer.from(`${chunk.length.toString(16)}${index % 2 === 0 ? '' : ';name=value'}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\ntrailer: x\r\n\r\n'),
  ]);
}

describe('an answer of HTTP/1.1', () => {
  const places = fc.array(fc.nat(), { maxLength: 6 });
  const body = fc.string({ unit: 'grapheme', maxLength: 200 });

  it('is read whole, wherever it is cut, with a length or in chunks', () => {
    fc.assert(fc.property(body, fc.boolean(), places, places, fc.integer({ min: 200, max: 599 }), (text, isChunked, chunks, pieces, status) => {
      fc.pre(status !== 204 && status !== 304);
      const bytes = Buffer.from(text);
      const whole = Buffer.concat(isChunked
        ? [Buffer.from(`HTTP/1.1 ${status} A\r\nTransfer-Encoding: Chunked\r\n\r\n`), inChunks(bytes, chunks)]
        : [Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length:  ${bytes.length} \r\n\r\n`), bytes]);
      const answer = read(...cut(whole, pieces.map((place) => place % whole.length)));
      expect(answer).toMatchObject({ statusCode: status, text, keepsConnection: true });
    }), { numRuns: 500 });
  });

  it('has headers, whatever the case of their names, several of one name in one', () => {
    const answer = read('HTTP/1.1 400 Bad\r\nX-Amzn-ErrorType: Some:http://x\r\nVary: a\r\nvary:b\r\ncontent-length: 0\r\n\r\n') as HttpAnswer;
    expect([answer.header('x-amzn-errortype'), answer.header('vary'), answer.header('type')]).toEqual(['Some:http://x', 'a, b', undefined]);
  });

  it('follows answers that only announce it', () => {
    expect(read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')?.text).toBe('ok');
  });

  it.each([204, 304])('has no body with status %i', (status) => {
    expect(read(`HTTP/1.1 ${status} No\r\ncontent-length: 5\r\n\r\n`)).toMatchObject({ statusCode: status, text: '', keepsConnection: true });
  });

  it('ends with the connection where it does not say where', () => {
    const reader = new HttpAnswerReader();
    expect(reader.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhalf'))).toBeUndefined();
    expect(reader.push(Buffer.from(' and half'))).toBeUndefined();
    expect(reader.end()).toMatchObject({ text: 'half and half', keepsConnection: false });
  });

  it.each([
    ['1.1', '', true], ['1.1', 'connection: close\r\n', false], ['1.1', 'Connection: Close\r\n', false],
    ['1.0', '', false], ['1.0', 'connection: keep-alive\r\n', true],
  ])('keeps the connection: HTTP/%s with %j: %s', (version, header, keeps) => {
    expect(read(`HTTP/${version} 200 OK\r\n${header}content-length: 0\r\n\r\n`)?.keepsConnection).toBe(keeps);
  });

  it.each([
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['another version of HTTP', 'HTTP/2 200\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a length beside chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n'],
    ['a coding that is not chunked', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['more than the length', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab'],
    ['a chunk without size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n'],
    ['a chunk that is longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['more behind the last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`],
  ])('is refused: %s', (_name, text) => {
    expect(() => read(text)).toThrow(MalformedAnswerError);
  });

  it.each([
    'HTTP/1.1 200', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhalf', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', '',
  ])('is refused when the connection ends too early: %j', (text) => {
    const reader = new HttpAnswerReader();
    expect(reader.push(Buffer.from(text))).toBeUndefined();
    expect(() => reader.end()).toThrow(MalformedAnswerError);
  });
});
