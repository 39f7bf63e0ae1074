import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { GoldenSignals } from '../../../constructs';
import type { CellApiStack } from './cell-api-stack';
import type { CellStreamStack } from './cell-stream-stack';
import type { CellWorkerStack } from './cell-worker-stack';
import { goldenSignals, type SignalsProps } from './signals-stack';

/** Properties of `CellSignalsStack`. */
export interface CellSignalsStackProps extends SignalsProps {
  readonly api: CellApiStack;
  readonly stream?: CellStreamStack;
  readonly worker: CellWorkerStack;
}

/** The dashboard of one cell, and whom its alarms call. */
export class CellSignalsStack extends Stack {
  readonly signals: GoldenSignals;

  constructor(scope: Construct, id: string, props: CellSignalsStackProps) {
    super(scope, id, props);
    const { api, stream, worker } = props;
    this.signals = goldenSignals(this, props);
    for (const edges of [api.publicEdge, api.partnerEdge]) {
      this.signals.watchEdges(edges);
    }
    api.publicEdge.webAcls.forEach((webAcl) => this.signals.watch(webAcl));
    this.signals.watchTier(api.tier);
    if (stream !== undefined && worker.paymentWorker !== undefined) {
      this.signals.watchStream(stream.eventStream);
      this.signals.watchWorker(worker.paymentWorker, stream.eventStream);
    }
    this.signals.watchQueue(worker.refundWorker);
  }
}
