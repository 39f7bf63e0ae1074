import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { brokerCandidates } from './broker';
import { cacheCandidates } from './cache';
import { Candidate, Seat, SEATS } from './candidate';
import { computeCandidates } from './compute';
import { changesOf, Flip } from './flips';
import { gatewayCandidates } from './gateway';
import { pick } from './pick';
import { storeCandidates } from './store';
import { streamProcessorCandidates } from './stream-processor';

/** Who takes one seat, and why nobody else does. */
export interface SeatPick {
  readonly seat: Seat;
  readonly candidates: readonly Candidate[];
  /** Undefined where every candidate has an excuse or no price. */
  readonly pick?: Candidate;
  /** What the two profiles of the payment reference have in this seat, whatever the workload. */
  readonly profiles: { readonly [profile in Profile]: Candidate };
}

/** The same, and what would give the seat to another one. */
export interface SeatChoice extends SeatPick {
  /** Empty where nothing that was tried gives it to another one. */
  readonly flips: readonly Flip[];
  /** What was tried for it. */
  readonly tried: readonly string[];
}

/** Profile of the payment reference. */
export type Profile = 'serverless' | 'kubernetes';

const FLINK = ['Managed Service for Apache Flink'];
const VALKEY = ['ElastiCache for Valkey, nodes', 'ElastiCache for Valkey, serverless'];

/** Names of the candidates that a profile has; of several the one that fits and costs least. */
const PROFILES: { readonly [profile in Profile]: { readonly [seat in Seat]: readonly string[] } } = {
  serverless: {
    gateway: ['ALB and a web ACL'],
    broker: ['Kinesis, provisioned shards'],
    compute: ['Lambda'],
    store: ['DynamoDB'],
    cache: VALKEY,
    streamProcessor: FLINK,
  },
  kubernetes: {
    gateway: ['Envoy on pods'],
    broker: ['MSK Standard', 'MSK Express', 'MSK Serverless'],
    compute: ['Pods on EKS behind Kafka'],
    store: ['Aurora PostgreSQL, sharded'],
    cache: VALKEY,
    streamProcessor: FLINK,
  },
};

/**
 * Picks a technology for each seat of the system: the cheapest that has no hard reason against it. Give it the whole workload; of bands the stated
 * numbers are taken.
 *
 * @param seats the seats to fill, in this order
 */
export function pickTechnologies(workload: Workload, facts: Facts = Facts.DEFAULT, seats: readonly Seat[] = SEATS): SeatPick[] {
  const candidates = new Candidates(facts);
  const stated = workload.with({ uncertainty: undefined });
  return seats.map((seat) => candidates.pickFor(seat, stated));
}

/** The picks of `pickTechnologies`, and what would change them: each is made again for a number of changed workloads. */
export function chooseTechnologies(workload: Workload, facts: Facts = Facts.DEFAULT, seats: readonly Seat[] = SEATS): SeatChoice[] {
  const candidates = new Candidates(facts);
  const stated = workload.with({ uncertainty: undefined });
  const changes = changesOf(stated, facts)
    .filter((it) => it.seats.some((seat) => seats.includes(seat)))
    .map((it) => ({ ...it, changed: it.apply(stated) }));
  return seats.map((seat) => {
    const chosen = candidates.pickFor(seat, stated);
    const tried = changes.filter((it) => it.seats.includes(seat));
    const flips = tried
      .map(({ change, changed }): Flip => ({ change, pick: pick(candidates.of(seat, changed))?.name }))
      .filter((it) => it.pick !== chosen.pick?.name);
    return { ...chosen, flips, tried: tried.map((it) => it.change) };
  });
}

/** Candidates by seat and workload; each list is made once, for several seats look at the broker. */
class Candidates {
  private readonly known = new Map<Workload, Map<Seat, readonly Candidate[]>>();

  constructor(private readonly facts: Facts) {}

  of(seat: Seat, workload: Workload): readonly Candidate[] {
    const ofWorkload = this.known.get(workload) ?? new Map<Seat, readonly Candidate[]>();
    this.known.set(workload, ofWorkload);
    const candidates = ofWorkload.get(seat) ?? this.make(seat, workload);
    ofWorkload.set(seat, candidates);
    return candidates;
  }

  pickFor(seat: Seat, workload: Workload): SeatPick {
    const candidates = this.of(seat, workload);
    const chosen = pick(candidates);
    const ofProfile = (profile: Profile): Candidate => {
      const own = candidates.filter((it) => PROFILES[profile][seat].includes(it.name));
      return pick(own) ?? own[0];
    };
    return {
      seat,
      candidates,
      ...(chosen !== undefined && { pick: chosen }),
      profiles: { serverless: ofProfile('serverless'), kubernetes: ofProfile('kubernetes') },
    };
  }

  private make(seat: Seat, workload: Workload): readonly Candidate[] {
    switch (seat) {
      case 'gateway': return gatewayCandidates(workload, this.facts);
      case 'broker': return brokerCandidates(workload, this.facts);
      case 'compute': return computeCandidates(workload, this.facts, pick(this.of('broker', workload)));
      case 'store': return storeCandidates(workload, this.facts);
      case 'cache': return cacheCandidates(workload, this.facts);
      case 'streamProcessor': return streamProcessorCandidates(workload, this.facts, pick(this.of('broker', workload)));
    }
  }
}
