import { Logger } from '../../../lambdas/runtime';

const lines: string[] = [];
const logger = new Logger({ context: { service: 'shop' }, level: 'info', now: () => 0, write: (line) => { lines.push(line); } });

logger.debug('not written');
for (let payment = 0; payment < 1_000; payment++) {
  logger.sample('warn', 'a payment was refused', { error: new Error('no money on 4111 1111 1111 1111') });
}

export const answer = lines.map((line) => (JSON.parse(line) as { error: Error }).error.message); // ["no money on ************1111"]
