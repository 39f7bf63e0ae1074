import { signWebhook, verifyWebhook } from '../../../../lambdas/runtime/security/webhook-signature';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1_000;
const [first, second] = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)];

describe('the signature of a webhook', () => {
  const headers = signWebhook('id-1', SECONDS, '{"a":1}', [first]);

  it('is believed by who has the key, while it is new', () => {
    expect(verifyWebhook(headers, '{"a":1}', [first], NOW)).toBe(true);
    expect(verifyWebhook(headers, '{"a":1}', [first], NOW + 300_000)).toBe(true);
    expect(verifyWebhook(headers, '{"a":1}', [first], NOW - 300_000)).toBe(true);
    expect(verifyWebhook(headers, '{"a":1}', [first], NOW + 300_001)).toBe(false);
    expect(verifyWebhook(headers, '{"a":1}', [first], NOW - 300_001)).toBe(false);
  });

  it('is not believed with another body, id, time or key, or in another version', () => {
    expect(verifyWebhook(headers, '{"a":2}', [first], NOW)).toBe(false);
    expect(verifyWebhook({ ...headers, 'webhook-id': 'id-2' }, '{"a":1}', [first], NOW)).toBe(false);
    expect(verifyWebhook({ ...headers, 'webhook-timestamp': String(SECONDS + 1) }, '{"a":1}', [first], NOW)).toBe(false);
    expect(verifyWebhook({ ...headers, 'webhook-timestamp': `${SECONDS}.0` }, '{"a":1}', [first], NOW)).toBe(false);
    expect(verifyWebhook(headers, '{"a":1}', [second], NOW)).toBe(false);
    expect(verifyWebhook(headers, '{"a":1}', [], NOW)).toBe(false);
    expect(verifyWebhook({ ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1', 'v2') }, '{"a":1}', [first], NOW)).toBe(false);
    expect(verifyWebhook({ ...headers, 'webhook-signature': '' }, '{"a":1}', [first], NOW)).toBe(false);
  });

  it('lets both sides change the key in their own time', () => {
    const both = signWebhook('id-1', SECONDS, '{}', [second, first]);
    expect([[first], [second], [first, second]].map((secrets) => verifyWebhook(both, '{}', secrets, NOW))).toEqual([true, true, true]);
    expect(verifyWebhook(signWebhook('id-1', SECONDS, '{}', [second]), '{}', [first, second], NOW)).toBe(true);
  });
});
