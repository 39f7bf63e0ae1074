import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessPattern, KinesisEventStream, Rate, TieredArchive, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const source = new KinesisEventStream(this, 'Events', { workload });
    new TieredArchive(this, 'Archive', { workload, source, newlines: false, accessPattern: AccessPattern.rare() });
  }
}
