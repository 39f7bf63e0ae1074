import { AdaptiveConcurrencyLimit, LoadShedder } from '../../../lambdas/runtime';

const shedder = new LoadShedder({ limit: new AdaptiveConcurrencyLimit({ initial: 4 }) });

const reports = [shedder.tryEnter('sheddable'), shedder.tryEnter('sheddable'), shedder.tryEnter('sheddable')];
const payments = [shedder.tryEnter('critical'), shedder.tryEnter('critical')];
shedder.leave(12);

export const answer = [reports, payments, shedder.inFlight]; // [[true,true,false],[true,true],3]
