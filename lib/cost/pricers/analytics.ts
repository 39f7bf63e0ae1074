import { derived, declared, times } from '../amount';
import { numberOf } from '../usage/properties';
import { charge, hourly, type Pricer } from './pricer';

/** Managed Flink: processing units with the one that orchestrates, and their storage, counted in full. */
export const flinkPricer: Pricer = {
  types: ['AWS::KinesisAnalyticsV2::Application'],
  price(resource, model) {
    const facts = model.facts(resource);
    const configuration = 'ApplicationConfiguration.FlinkApplicationConfiguration.ParallelismConfiguration';
    const parallelism = numberOf(resource, `${configuration}.Parallelism`) ?? 1;
    const perUnit = numberOf(resource, `${configuration}.ParallelismPerKPU`) ?? 1;
    const units = declared(Math.ceil(parallelism / perUnit), `${parallelism} subtasks, ${perUnit} a KPU`);
    const orchestration = facts.number('flink/kpu.orchestration');
    const stored = model.decidedNumber(resource, 'stateBytes');
    return [
      hourly(resource, 'processing units', 'flink.unitHours', { ...units, value: units.value + orchestration, why: `${units.why}, and ${orchestration} that orchestrates` }),
      charge(resource, 'running storage', 'flink.storage', times(units, facts.number('flink/kpu.storageGB'))),
      ...(stored === undefined ? [] : [charge(resource, 'snapshots', 'flink.backups', derived(stored / 1024 ** 3, 'one snapshot of the state'))]),
    ];
  },
};
