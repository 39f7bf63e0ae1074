import { Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { DataClass, DataKeys } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const reports = DataClass.of('reports');
    const keys = new DataKeys(this, 'Keys', { dataClasses: [DataClass.EVENTS, reports] });
    new sqs.Queue(this, 'Reports', { encryptionMasterKey: keys.key(reports), enforceSSL: true });
  }
}
