export type { Candidate, KnownLatency, Seat } from './candidate';
export { SEATS } from './candidate';
export type { Flip } from './flips';
export { whyNot } from './pick';
export { chooseTechnologies, pickTechnologies, type Profile, type SeatChoice, type SeatPick } from './technology-choice';
