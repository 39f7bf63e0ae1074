import { signWebhook, verifyWebhook } from '../../../lambdas/runtime';

const secrets = [Buffer.alloc(24, 'new'), Buffer.alloc(24, 'old')];
const body = '{"type":"payout.settled"}';
const headers = signWebhook('event-1', 1_793_534_400, body, secrets);

/** As the receiver sees it, which still has its old key. */
const received = (text: string, seconds: number): boolean => verifyWebhook(headers, text, [secrets[1]], seconds * 1_000);

export const answer = [received(body, 1_793_534_401), received('{}', 1_793_534_401), received(body, 1_793_538_000)]; // [true,false,false]
