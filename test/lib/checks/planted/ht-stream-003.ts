import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-003',
  plant: (stack) => {
    const parts = new Parts(stack);
    const { stream } = parts.streamWorker();
    parts.secondReader(stream, stream.attrArn);
  },
  repair: (stack) => {
    const parts = new Parts(stack);
    const { stream } = parts.streamWorker();
    parts.secondReader(stream, parts.consumer('Second', stream).attrConsumerArn);
  },
};
