import { Lazy, Names, Token } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import { LIMITS } from '../limits';
import { requirePattern } from '../validation';

/**
 * What the client of the payment path needs: all reads and writes, scripts that count tokens, and to find its way in a cluster. Nothing that
 * empties a cache, lists its keys or administers it.
 */
export const DEFAULT_ACCESS = 'on ~* resetchannels -@all +@read +@write +@connection -@dangerous +eval +evalsha +time +cluster|slots +cluster|shards +cluster|nodes';

/** Users of a cache who prove who they are by IAM, and the group that lets them in. Nobody else is let in, and nobody without a name. */
export class CacheUsers extends Construct {
  /** The group that belongs to the cache. */
  readonly group: elasticache.CfnUserGroup;

  private readonly users: elasticache.CfnUser[] = [];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.group = new elasticache.CfnUserGroup(this, 'Group', {
      engine: 'valkey',
      userGroupId: cacheName(this, 'users'),
      // A group of Valkey takes no user without credentials, so there is none named `default`: who gives no name is refused.
      userIds: Lazy.list({ produce: () => this.users.map((user) => user.ref) }),
    });
  }

  /**
   * Adds a user.
   *
   * @param name lower-case letters, digits and dashes, at most 12 characters
   * @param accessString what it may do, in the words of an access control list of Valkey
   */
  add(name: string, accessString: string): elasticache.CfnUser {
    requirePattern('name', name, /^[a-z][a-z0-9-]{0,11}$/, 'lower-case letters, digits and dashes, starting with a letter, at most 12 characters');
    // IAM knows the user by its id, Valkey by its name; ElastiCache demands that they are the same.
    const userId = cacheName(this, name);
    const user = new elasticache.CfnUser(this, name, { engine: 'valkey', userId, userName: userId, accessString, authenticationMode: { Type: 'iam' } });
    this.users.push(user);
    return user;
  }
}

/** A name as ElastiCache takes it: at most 40 characters, small, no two dashes in a row and none at the end. */
export function cacheName(scope: Construct, suffix: string): string {
  const most = LIMITS.cache.nameLength - suffix.length - 1;
  const name = Names.uniqueResourceName(scope, { separator: '-', maxLength: most }).toLowerCase().replace(/-+/g, '-').replace(/^[^a-z]+/, '').replace(/-$/, '');
  if (Token.isUnresolved(name)) {
    throw new Error('the path of the construct must be known at synthesis, got: an unresolved token');
  }
  return `${name}-${suffix}`;
}
