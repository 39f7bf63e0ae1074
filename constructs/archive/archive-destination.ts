import type { Duration, Size } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { DEFAULTS } from '../defaults';
import type { ArchivePartitioning } from './archive-partitioning';
import type { ArchiveTable } from './archive-table';

/** What a delivery stream is told about where and how it writes. */
export interface ArchiveDestination {
  readonly bucket: s3.IBucket;
  readonly encryptionKey: kms.IKey;
  readonly role: iam.IRole;
  readonly log: logs.ILogGroup;
  readonly logStream: logs.CfnLogStream;
  readonly prefix: string;
  readonly newlines: boolean;
  readonly bufferSize: Size;
  readonly bufferInterval: Duration;
  readonly partitioning?: ArchivePartitioning;
  readonly table?: ArchiveTable;
}

type Destination = firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty;
type Processor = firehose.CfnDeliveryStream.ProcessorProperty;

/** The destination of a delivery stream, as CloudFormation takes it. */
export function destinationOf(to: ArchiveDestination): Destination {
  const processors = processorsOf(to);
  return {
    bucketArn: to.bucket.bucketArn,
    roleArn: to.role.roleArn,
    prefix: `${to.prefix}/hour=!{timestamp:yyyy-MM-dd-HH}/${Object.keys(to.partitioning?.keys ?? {}).map((key) => `${key}=!{partitionKeyFromQuery:${key}}/`).join('')}`,
    errorOutputPrefix: `${to.prefix}-errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd-HH}/`,
    bufferingHints: { sizeInMBs: to.bufferSize.toMebibytes(), intervalInSeconds: to.bufferInterval.toSeconds() },
    // Parquet compresses its own pages.
    compressionFormat: to.table ? 'UNCOMPRESSED' : 'GZIP',
    encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: to.encryptionKey.keyArn } },
    cloudWatchLoggingOptions: { enabled: true, logGroupName: to.log.logGroupName, logStreamName: to.logStream.ref },
    ...(to.partitioning && {
      dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: DEFAULTS.archive.partitionRetry.toSeconds() } },
    }),
    ...(processors.length > 0 && { processingConfiguration: { enabled: true, processors } }),
    ...(to.table && { dataFormatConversionConfiguration: conversionOf(to.table, to.role) }),
  };
}

function processorsOf({ partitioning, newlines, table }: ArchiveDestination): Processor[] {
  const query = Object.entries(partitioning?.keys ?? {}).map(([name, path]) => `${name}: ${path}`).join(', ');
  return [
    ...(partitioning ? [
      // A packed record holds several payments, each of which has a prefix of its own.
      processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
      processor('MetadataExtraction', { MetadataExtractionQuery: `{${query}}`, JsonParsingEngine: 'JQ-1.6' }),
    ] : []),
    ...(newlines && !table ? [processor('AppendDelimiterToRecord', {})] : []),
  ];
}

function processor(type: string, parameters: { readonly [name: string]: string }): Processor {
  return { type, parameters: Object.entries(parameters).map(([parameterName, parameterValue]) => ({ parameterName, parameterValue })) };
}

function conversionOf(table: ArchiveTable, role: iam.IRole): firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty {
  const { members } = table;
  return {
    enabled: true,
    inputFormatConfiguration: {
      deserializer: {
        openXJsonSerDe: { caseInsensitive: true, ...(Object.keys(members).length > 0 && { columnToJsonKeyMappings: { ...members } }) },
      },
    },
    outputFormatConfiguration: { serializer: { parquetSerDe: { compression: 'SNAPPY' } } },
    schemaConfiguration: {
      catalogId: table.database.catalogId,
      databaseName: table.database.ref,
      tableName: table.tableName,
      region: table.table.stack.region,
      roleArn: role.roleArn,
      versionId: 'LATEST',
    },
  };
}
