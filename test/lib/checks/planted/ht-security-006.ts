import { Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-006',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => new Parts(stack).stream('Payments', { streamEncryption: { encryptionType: 'KMS', keyId: 'alias/aws/kinesis' } }),
  repair: (stack) => new Parts(stack).stream('Payments'),
};
