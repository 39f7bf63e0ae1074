import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { listOf, numberOf, objectOf } from '../../views/values';

/** Aurora, MemoryDB and a Redis group without replicas pass AwsSolutions, which looks at RDS instances (RDS3) and a flag (AEC4) only. */
export const singleCopy: Rule = {
  id: 'HT-RESILIENCE-004',
  severity: 'warning',
  what: 'A database or cache has one node for its data.',
  why: 'When the node is lost or patched, its data cannot be reached until another one is built: minutes for a database, and an empty cache that the database has to bear.',
  fix: 'Add a reader in another zone (Aurora), or a replica for each shard (MemoryDB, ElastiCache).',
  source: 'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::RDS::DBCluster', 'AWS::MemoryDB::Cluster', 'AWS::ElastiCache::ReplicationGroup')) {
      const missing = missingCopy(resource, context);
      if (missing !== undefined) {
        yield { resource, ...missing };
      }
    }
  },
};

function missingCopy(resource: TopologyResource, { topology }: CheckContext): { readonly property?: string; readonly message: string } | undefined {
  const { properties } = resource;
  switch (resource.type) {
    case 'AWS::RDS::DBCluster': {
      const instances = topology.ofType('AWS::RDS::DBInstance').filter((it) => it.properties.DBClusterIdentifier === resource.reference);
      // A cluster whose instances are outside the assembly, or that has none because it is a Multi-AZ one.
      return instances.length === 1 ? { message: `its only instance is ${instances[0].logicalId}` } : undefined;
    }
    case 'AWS::MemoryDB::Cluster':
      return numberOf(properties.NumReplicasPerShard) === 0 ? { property: 'Properties.NumReplicasPerShard', message: 'its shards have no replica' } : undefined;
    default: {
      const stated = listOf(properties.NodeGroupConfiguration).map((it) => numberOf(objectOf(it).ReplicaCount));
      const replicas = [numberOf(properties.ReplicasPerNodeGroup), ...stated].filter((it) => it !== undefined);
      const alone = replicas.length > 0 ? Math.max(...replicas) === 0 : numberOf(properties.NumCacheClusters) === 1;
      return alone ? { property: 'Properties.ReplicasPerNodeGroup', message: 'its node groups have no replica' } : undefined;
    }
  }
}
