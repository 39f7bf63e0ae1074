import { randomBytes } from 'node:crypto';
import { SignedTokens } from '../../../lambdas/runtime';

const [old, young] = ['2026-10', '2026-11'].map((id) => ({ id, secret: randomBytes(32) }));
const before = new SignedTokens({ keys: [old], purpose: 'receipt' });
const after = new SignedTokens({ keys: [young, old], purpose: 'receipt' });
const sessions = new SignedTokens({ keys: [young, old], purpose: 'session' });

const token = before.sign('payment 7', 3_600);
const verified = after.verify(token);

export const answer = [verified.kind === 'valid' && verified.payload, after.verify(`${token}x`).kind, sessions.verify(token).kind]; // ["payment 7","malformed","forged"]
