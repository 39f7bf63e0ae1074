import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';

const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = [
  ...KEY_READ, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
];

/** Gives rights to the tables of one logical table. None of them can delete an item or a table; `scan` alone reads one from end to end. */
export class TableGrants {
  constructor(
    private readonly tableArns: string[],
    /** Absent where the tables are under a key of AWS, which needs no right. */
    private readonly encryptionKey?: kms.IKey,
  ) {}

  /** Right to add items that are not there yet (PartiQL `INSERT`, which never replaces one). */
  insert(grantee: iam.IGrantable): iam.Grant {
    return this.allow(grantee, ['dynamodb:PartiQLInsert'], KEY_WRITE);
  }

  /** Right to put items. IAM cannot ask for a condition, so this includes replacing one. */
  put(grantee: iam.IGrantable): iam.Grant {
    return this.allow(grantee, ['dynamodb:PutItem'], KEY_WRITE);
  }

  /** Right to change attributes of items (`UpdateItem`, PartiQL `UPDATE`). */
  update(grantee: iam.IGrantable): iam.Grant {
    return this.allow(grantee, ['dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem'], KEY_WRITE);
  }

  /** Right to read items of known partition keys (`GetItem`, `BatchGetItem`, `Query`, PartiQL `SELECT` that is no scan). */
  read(grantee: iam.IGrantable): iam.Grant {
    const grant = this.allow(grantee, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], KEY_READ);
    return grant.combine(
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['dynamodb:PartiQLSelect'],
        resourceArns: this.tableArns,
        // A SELECT without the partition key reads the whole table.
        conditions: { Bool: { 'dynamodb:FullTableScan': 'false' } },
      }),
    );
  }

  /** Right to read tables from end to end. */
  scan(grantee: iam.IGrantable): iam.Grant {
    return this.allow(grantee, ['dynamodb:Scan'], KEY_READ);
  }

  /** Right to put, change and check items inside a transaction, and only there. */
  transact(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey?.grant(grantee, ...KEY_WRITE);
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resourceArns: this.tableArns,
      conditions: { 'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] } },
    });
  }

  /** Right to read change streams. */
  readStream(grantee: iam.IGrantable, streamArns: string[]): iam.Grant {
    this.encryptionKey?.grant(grantee, ...KEY_READ);
    const grant = iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resourceArns: streamArns,
    });
    // Listing is asked of the table, not of one stream.
    const listed = this.tableArns.map((arn) => `${arn}/stream/*`);
    return grant.combine(iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: listed }));
  }

  private allow(grantee: iam.IGrantable, actions: string[], keyActions: string[]): iam.Grant {
    this.encryptionKey?.grant(grantee, ...keyActions);
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: this.tableArns });
  }
}
