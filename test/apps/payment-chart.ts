import { PaymentChart, type PaymentChartProps } from '../../apps/payment-reference/kubernetes/payment-chart';
import { environments } from '../../apps/payment-reference/workload';
import { App as Charts } from '../../constructs/kubernetes/cdk8s';
import type { Manifest } from '../support/kubernetes';

const digest = (name: string): string => `111122223333.dkr.ecr.eu-west-1.amazonaws.com/${name}@sha256:${'a'.repeat(64)}`;
/** What a cell of the largest environment must carry. */
export const cell = environments.prod.cellShare();

/** The chart of a cell, told what a deployment would tell it. */
export function chartOf(props: Partial<PaymentChartProps> = {}): PaymentChart {
  return new PaymentChart(new Charts(), 'payments', {
    cells: environments.prod.cells,
    workload: cell,
    region: 'eu-west-1',
    clusterName: 'payments',
    nodeRole: 'payments-nodes',
    tags: { application: 'payment-reference' },
    nodeImageVersion: 'v20260101',
    networkRange: '10.0.0.0/16',
    topic: { name: 'payments', partitions: 120, brokers: 'b-1.payments.example:9098' },
    dataPorts: { Topic: 9098, Ledger: 5432, Cache: 6379 },
    images: { api: digest('api'), worker: digest('worker'), collector: digest('collector') },
    hostnames: { public: 'pay.example.com', partners: 'partners.example.com' },
    tokens: { issuer: 'https://id.example.com', audiences: ['payments'], jwksUri: 'https://id.example.com/keys', scopes: ['payments:write'] },
    variables: { api: { KAFKA_TOPIC: 'payments' }, worker: { KAFKA_TOPIC: 'payments' } },
    upkeep: { image: digest('upkeep'), variables: { DATABASE_NAME: 'ledger' }, revision: '1', cellIndex: 1 },
    runbooks: 'https://runbooks.example.com/#',
    ...props,
  });
}

/** Its objects and those that come before them, as they stand in the manifests. */
export function manifestsOf(chart: PaymentChart): Manifest[] {
  return JSON.parse(JSON.stringify([...chart.base.toJson() as unknown[], ...chart.toJson() as unknown[]])) as Manifest[];
}
