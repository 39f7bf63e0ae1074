import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { amzDate, RequestSigner } from '../../../../lambdas/runtime/aws/signature';
import { NodeSha256 } from '../support/node-sha256';

describe('RequestSigner', () => {
  it('gives the signature of the published test vector "get-vanilla"', () => {
    const signer = new RequestSigner('service', 'us-east-1');
    const authorization = signer.authorization(
      { method: 'GET', path: '/', headers: { 'host': 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' }, body: '' },
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    );
    expect(authorization).toBe('AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, '
      + 'SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31');
  });

  it('signs whatever the SDK signs, in the same way', async () => {
    const text = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abcXYZ019+/= ') }).filter((value) => value.trim() !== '');
    // One signer for all, so that its cached key is put to the test by changing days and secrets.
    const signer = new RequestSigner('dynamodb', 'eu-central-1');
    await fc.assert(fc.asyncProperty(
      fc.record({
        body: fc.string({ unit: 'grapheme' }),
        target: text,
        time: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
        accessKeyId: fc.constantFrom('AKID1', 'AKID2'),
        secretAccessKey: fc.constantFrom('secret one', 'secret two'),
        sessionToken: fc.option(text.map((token) => token.trim()), { nil: undefined }),
      }),
      async ({ body, target, time, sessionToken, ...keys }) => {
        const credentials = sessionToken === undefined ? keys : { ...keys, sessionToken };
        const headers: Record<string, string> = { 'content-type': 'application/x-amz-json-1.0', 'host': 'dynamodb.test', 'x-amz-target': target };
        const reference = new SignatureV4({ service: 'dynamodb', region: 'eu-central-1', credentials, sha256: NodeSha256, applyChecksum: false });
        const signed = await reference.sign(
          { method: 'POST', protocol: 'https:', hostname: 'dynamodb.test', path: '/', query: {}, headers, body },
          { signingDate: new Date(time) },
        );
        const own: Record<string, string> = { ...headers, 'x-amz-date': amzDate(time) };
        if (sessionToken !== undefined) {
          own['x-amz-security-token'] = sessionToken;
        }
        expect(own['x-amz-date']).toBe(signed.headers['x-amz-date']);
        expect(signer.authorization({ method: 'POST', path: '/', headers: own, body }, credentials)).toBe(signed.headers.authorization);
      },
    ));
  });
});
