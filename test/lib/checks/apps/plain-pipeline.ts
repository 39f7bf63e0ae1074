import type { Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';

/** A stream, a function and a table as the guides of the CDK write them: nothing is stated that has a default. */
export function plainPipeline(stack: Stack): void {
  const table = new Table(stack, 'Payments', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
  });
  const stream = new Stream(stack, 'Events');
  const processor = new Function(stack, 'Processor', {
    runtime: Runtime.NODEJS_LATEST,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async (event) => console.log(event.Records.length);'),
    environment: { TABLE_NAME: table.tableName },
  });
  processor.addEventSource(new KinesisEventSource(stream, { startingPosition: StartingPosition.TRIM_HORIZON }));
  table.grantReadWriteData(processor);
}
