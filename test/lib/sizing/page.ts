import { type Fact, Facts } from '../../../lib/facts';
import {
  Decision, type QuotaRaise, quotaPlan, sizeAuroraShards, sizeConnections, sizeDataKeys, sizeEdgeCells, sizeFirehose, sizeFlink, sizeKafkaMapping,
  sizeKeyspaces, sizeKinesisCapacityMode, sizeLoadBalancer, sizeMskCluster, sizeNetworkEndpoints, sizePodTier, sizeReadConsistency, sizeRecovery,
  sizeReference, sizeReplication, sizeTableCapacityMode, sizeValkey, sizeWebAcl, sizeWorkerCompute,
} from '../../../lib/sizing';
import type { Sized } from '../../../lib/sizing/planned';
import { Rate, Workload } from '../../../lib/workload';

/** The workload of docs/sizing.md, and the share that each of its cells is sized for. */
const whole = new Workload({ peak: Rate.perSecond(100_000), cells: 4 });
const cell = whole.cellShare();
const reference = sizeReference(whole);

/** Decisions that the page derives by hand: of the reference, its edge, its capacity modes and its keys. */
export function derivedOnPage(): Decision[] {
  return decisionsOf(
    reference, sizeConnections(cell), sizeLoadBalancer(cell), sizeEdgeCells(whole), sizeWebAcl(cell),
    sizeKinesisCapacityMode(cell, Facts.DEFAULT, { stream: reference.stream, streams: whole.cells }),
    sizeTableCapacityMode(whole, reference.ledger, Facts.DEFAULT, reference.projector), sizeDataKeys(whole),
  );
}

/** Decisions of the models that the page lists without deriving them. */
export function listedOnPage(): Decision[] {
  const msk = sizeMskCluster(cell);
  return decisionsOf(
    sizeAuroraShards(whole), sizeValkey(whole), sizeKeyspaces(whole, Facts.DEFAULT, reference.ledger), msk, sizeKafkaMapping(cell, msk),
    sizeWorkerCompute(cell, reference.stream), sizePodTier(cell),
    sizePodTier(cell, Facts.DEFAULT, { role: 'worker', partitions: msk.partitions }), sizeFirehose(whole), sizeFlink(cell),
    sizeNetworkEndpoints(cell), sizeReadConsistency(whole, reference.projector), sizeReplication(whole, reference.ledger), sizeRecovery(whole),
  );
}

/** Quotas that the reference is short of, with what stands in a cell counted in every cell. */
export function raisesOnPage(): readonly QuotaRaise[] {
  const { stream, worker, queue, tier, ledger, projector, archiver, lock } = reference;
  const inCells = Array.from({ length: whole.cells }, (_, index) =>
    decisionsOf(stream, worker, queue, tier).map((it) => Decision.withPath(it, `cell${index + 1}/${it.path}`)));
  return quotaPlan([...decisionsOf(ledger, projector, archiver, lock), ...inCells.flat()]).raises;
}

/** The design targets that name the page as their source. */
export function targetsOfPage(): readonly Fact[] {
  return Facts.DEFAULT.list('target').filter((it) => it.source === 'docs/sizing.md');
}

function decisionsOf(...sizings: readonly Sized[]): Decision[] {
  return sizings.flatMap((it) => it.decisions);
}
