import fc from 'fast-check';
import { batchExecute, type Statement } from '../../../../lambdas/runtime/aws/dynamodb';
import { jsonBytes, JsonWriter } from '../../../../lambdas/runtime/aws/json-bytes';

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  // Quotes, backslashes, controls and halves of surrogate pairs.
  fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u0080', '\u2028', '\ud800', '\udc00'), maxLength: 100 }),
);

describe('JsonWriter', () => {
  it('writes texts as JSON.stringify does, however many', () => {
    const writer = new JsonWriter(8);
    fc.assert(fc.property(fc.array(anyText, { maxLength: 20 }), (texts) => {
      writer.begin();
      writer.raw('[');
      texts.forEach((text, index) => {
        writer.raw(index === 0 ? '' : ',');
        writer.text(text);
      });
      writer.rawBytes(Buffer.from(']'));
      expect(Buffer.from(writer.end()).toString('utf8')).toBe(JSON.stringify(texts));
    }), { numRuns: 300 });
  });
});

describe('jsonBytes', () => {
  it('are those of JSON.stringify', () => {
    fc.assert(fc.property(fc.jsonValue().map((value) => ({ value })), (input) => {
      expect(Buffer.from(jsonBytes(input)).toString('utf8')).toBe(JSON.stringify(input));
    }), { numRuns: 100 });
  });

  it('of a batch of statements are those of JSON.stringify, with values of every type', async () => {
    const value = fc.oneof(
      anyText.map((S) => ({ S })), fc.integer().map((N) => ({ N: String(N) })), fc.boolean().map((BOOL) => ({ BOOL })),
      fc.array(anyText).map((SS) => ({ SS })), fc.array(anyText.map((S) => ({ S }))).map((L) => ({ L })), fc.base64String().map((B) => ({ B })),
    );
    const statement: fc.Arbitrary<Statement> = fc.record({
      Statement: fc.oneof(anyText, fc.constant('INSERT INTO "t" VALUE {\'pk\': ?}')), Parameters: fc.array(value, { maxLength: 15 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 25 }), async (statements) => {
      let json = '';
      const call = async <Output>(_operation: string, input: object): Promise<Output> => {
        json = Buffer.from(jsonBytes(input)).toString('utf8');
        expect(JSON.stringify(input)).toBe(json);
        return { Responses: statements.map(() => ({})) } as Output;
      };
      await batchExecute({ call }, statements);
      expect(json).toBe(JSON.stringify({ Statements: statements }));
    }), { numRuns: 200 });
  });
});
