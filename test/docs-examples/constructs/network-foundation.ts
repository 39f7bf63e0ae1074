import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network', {
      cidr: '10.20.0.0/16',
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
    });
    network.addEndpoint(ec2.InterfaceVpcEndpointAwsService.SQS);
  }
}
