import { Facts } from '../facts';
import { sizeKinesisCapacityMode, sizeMskCluster } from '../sizing';
import { HOURS_PER_MONTH } from '../sizing/monthly-cost';
import type { Workload } from '../workload';
import { type ComparedOption, type Comparison, ranked } from './comparison';
import { type Case, spread, type Spread, sumOf } from './spread';

/** What somebody knows of the work of running a broker. */
export interface OperationsOptions {
  /** US dollars of an hour of an engineer, 0 or more. @default - `target/cost.operations.hourUsd` with its band */
  readonly hourUsd?: number;
  /** Hours of a month for a Kafka that one runs oneself, 0 or more. @default - `target/cost.operations.selfRunKafkaHours` with its band */
  readonly selfRunHours?: number;
}

/** Replicas of a record in other zones than its leader, which one pays for who runs Kafka oneself. */
const OTHER_REPLICAS = 2;
const ZONES = 3;
/** Line of a cluster for what its producers send to leaders in other zones. */
const BETWEEN_ZONES = 'GB between zones';

/**
 * Streams of Kinesis in its modes, MSK, and Kafka on instances of one's own, for all cells of a workload, with the hours of people.
 *
 * @throws Error for a rate or hours below 0, and as the sizing of streams and clusters does
 */
export function compareBrokers(workload: Workload, facts: Facts = Facts.DEFAULT, options: OperationsOptions = {}): Comparison {
  requirePositive('hourUsd', options.hourUsd);
  requirePositive('selfRunHours', options.selfRunHours);
  const cell = workload.cells > 1 ? workload.cellShare() : workload;
  const { cells } = workload;
  const quiet = cell.with({ average: workload.average.times(1 / cells) });
  const work = (hours: Spread): Spread => spread((name) => hours[name] * (options.hourUsd ?? banded(facts, 'hourUsd')[name]));
  const option = (name: string, usd: number, hours: Spread, why: string, price: string): ComparedOption => {
    const billed = spread(() => usd);
    const worked = work(hours);
    return { name, billed, work: worked, total: sumOf([billed, worked]), why, price };
  };
  const kinesis = sizeKinesisCapacityMode(quiet, facts, { streams: cells }).options.map((it) => option(
    `Kinesis, ${it.name}`, cells * it.monthlyUsd.typical, banded(facts, 'kinesisHours'), `${cells} x ${it.lines.map(({ formula }) => formula).join(' + ')}`,
    it.mode === 'provisioned' ? 'shards are added before the rate grows' : 'twice the usual rate is taken at once, more is throttled for minutes',
  ));
  const cluster = sizeMskCluster(quiet, facts);
  const msk = option(
    `MSK ${cluster.kind}, ${cluster.brokers} x ${cluster.brokerType} in each of ${cells} cells`, cells * cluster.monthlyUsd.typical, banded(facts, 'mskHours'),
    `${cells} x (${cluster.lines.map(({ formula }) => formula).join(' + ')})`,
    'partitions are moved by hand; a broker that is patched is away for minutes',
  );
  const standard = sizeMskCluster(quiet, facts, { kind: 'standard' });
  const own = ownBrokers(standard.brokerType, standard.brokers, standard.storagePerBrokerGiB, facts);
  const clients = cells * (standard.lines.find(({ name }) => name === BETWEEN_ZONES)?.monthlyUsd.typical ?? 0);
  // Producers send a part of their bytes to other zones; each byte goes to its other replicas as well.
  const replicated = OTHER_REPLICAS * clients * ZONES / (ZONES - 1);
  const hours = options.selfRunHours === undefined ? banded(facts, 'selfRunKafkaHours') : spread(() => options.selfRunHours!);
  const selfRun = option(
    `Kafka on EC2, ${standard.brokers} x ${instanceOf(standard.brokerType)} in each of ${cells} cells`, cells * own + replicated + clients, hours,
    `${cells} x $${Math.round(own)} of instances and disks + replicas in other zones $${Math.round(replicated)} + producers $${Math.round(clients)}`,
    'upgrades, disks, certificates and nights are one\'s own',
  );
  return {
    of: 'brokers',
    options: ranked([...kinesis, msk, selfRun]),
    notes: [
      'Hours of people are assumptions with a band: target/cost.operations.*, or --hour-usd and --self-run-hours.',
      'Kinesis and MSK do not bill what they copy between zones; consumers read a replica in their own.',
    ],
  };
}

function banded(facts: Facts, name: string): Spread {
  return spread((it: Case) => facts.number(`target/cost.operations.${name}${it === 'typical' ? '' : `.${it}`}`));
}

/** US dollars of a month for brokers on instances of the type that MSK would use, with as large disks. */
function ownBrokers(brokerType: string, brokers: number, storageGiB: number, facts: Facts): number {
  return brokers * (HOURS_PER_MONTH * facts.price(`ec2/onDemand.${instanceOf(brokerType)}.hour`) + storageGiB * facts.price('ebs/gp3.gbMonth'));
}

function instanceOf(brokerType: string): string {
  return brokerType.replace(/^(kafka|express)\./, '');
}

function requirePositive(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
    throw new Error(`\`${name}\` must be 0 or more, got: ${value}`);
  }
}

