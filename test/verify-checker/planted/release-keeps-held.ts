import { correctProjector, type Defect } from './defect';

/** Adds what is released to what is available, and leaves it among what is held too. */
export const defect: Defect = {
  balanceProjector: (parts) => {
    const correct = correctProjector(parts);
    return (event, context) => correct(JSON.parse(JSON.stringify(event).replaceAll('"type":{"S":"release"}', '"type":{"S":"payment"}')) as typeof event, context);
  },
};
