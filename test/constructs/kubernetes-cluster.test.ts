import { KubectlV34Layer } from '@aws-cdk/lambda-layer-kubectl-v34';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Chart } from 'cdk8s';
import { ADDON_VERSIONS, ClusterOperator, DataClass, DataKeys, KubernetesCluster, type KubernetesClusterProps, PodLogs } from '../../constructs';
import { App } from '../../constructs/kubernetes/cdk8s';
import { NamespaceBaseline } from '../../constructs/kubernetes';
import { KUBERNETES } from '../../constructs/kubernetes/defaults';
import { testApp, testStack } from '../support/app';

function stackWith(props: Partial<KubernetesClusterProps> = {}, use: (cluster: KubernetesCluster, stack: Stack) => void = () => undefined): Stack {
  const stack = testStack(testApp());
  const vpc = new ec2.Vpc(stack, 'Vpc', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
  const cluster = new KubernetesCluster(stack, 'Cluster', { vpc, kubectlLayer: new KubectlV34Layer(stack, 'Kubectl'), clusterName: 'payments', ...props });
  use(cluster, stack);
  return stack;
}

let template: Template;

beforeAll(() => {
  template = Template.fromStack(stackWith({}, (cluster) => {
    const chart = new Chart(new App(), 'chart', { namespace: 'pay' });
    new NamespaceBaseline(chart, 'Namespace', { name: 'pay' });
    cluster.addChart('Pods', chart);
    cluster.addIdentity('payment-worker', 'pay').role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b/k'] }));
  }));
});

interface Found {
  readonly Type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a template has
  readonly Properties: { readonly [name: string]: any };
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
}

const found = (type: string): Found[] => Object.values(template.findResources(type)) as Found[];

describe('the cluster', () => {
  it('is reached from its network alone, keeps its secrets under a key of ours and writes all that it does', () => {
    template.hasResource('AWS::EKS::Cluster', {
      DeletionPolicy: 'Retain',
      Properties: {
        Name: 'payments',
        Version: '1.34',
        ResourcesVpcConfig: { EndpointPrivateAccess: true, EndpointPublicAccess: false },
        EncryptionConfig: [{ Resources: ['secrets'], Provider: { KeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ClusterKeys'), 'Arn'] } } }],
        Logging: { ClusterLogging: { EnabledTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'].map((Type) => ({ Type })) } },
        AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
        BootstrapSelfManagedAddons: false,
      },
    });
  });

  it('writes to a log that was there before it, with a key and an end', () => {
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { LogGroupName: '/aws/eks/payments/cluster', RetentionInDays: 365, KmsKeyId: Match.anyValue() },
    });
    const [log] = Object.keys(template.findResources('AWS::Logs::LogGroup'));
    expect(found('AWS::EKS::Cluster')[0].DependsOn).toContain(log);
  });

  it('takes other sizes', () => {
    const other = Template.fromStack(stackWith({ controlPlane: eks.ControlPlaneScalingTier.TIER_XL, systemNodes: 2, systemInstanceType: 'm8g.xlarge' }));
    other.hasResourceProperties('AWS::EKS::Nodegroup', { ScalingConfig: { MinSize: 2, MaxSize: 3, DesiredSize: 2 }, InstanceTypes: ['m8g.xlarge'] });
    other.hasResourceProperties('AWS::EKS::Cluster', { ControlPlaneScalingConfig: { Tier: eks.ControlPlaneScalingTier.TIER_XL.value } });
  });

  it('has managed add-ons, each of one version, and policies of networks that are enforced', () => {
    const addons = found('AWS::EKS::Addon').map(({ Properties }) => [Properties.AddonName, Properties.AddonVersion]);
    expect(Object.fromEntries(addons)).toEqual(ADDON_VERSIONS);
    template.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'vpc-cni', ConfigurationValues: '{"enableNetworkPolicy":"true","env":{"ENABLE_PREFIX_DELEGATION":"true"}}',
    });
  });

  it('opens nothing to the internet', () => {
    const ingress = [
      ...found('AWS::EC2::SecurityGroup').flatMap(({ Properties }) => Properties.SecurityGroupIngress ?? []),
      ...found('AWS::EC2::SecurityGroupIngress').map(({ Properties }) => Properties),
    ];
    expect(ingress.length).toBeGreaterThan(3);
    expect(ingress.filter(({ CidrIp, CidrIpv6 }) => CidrIp !== undefined || CidrIpv6 !== undefined)).toEqual([]);
  });
});

describe('nodes', () => {
  it('are three of arm64 that only operators run on', () => {
    template.hasResourceProperties('AWS::EKS::Nodegroup', {
      AmiType: 'BOTTLEROCKET_ARM_64',
      InstanceTypes: ['m7g.large'],
      ScalingConfig: { MinSize: 3, DesiredSize: 3, MaxSize: 4 },
      Taints: [{ Key: 'CriticalAddonsOnly', Value: 'true', Effect: 'NO_SCHEDULE' }],
      NodeRepairConfig: { Enabled: true },
    });
  });

  it('have encrypted volumes, and do not let pods near their role', () => {
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ DeviceName: '/dev/xvdb', Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 50 } }],
      },
    });
  });

  it('are found by Karpenter: subnets and one security group carry the name', () => {
    const tagged = (type: string, name: string, value: string): Found[] => found(type)
      .filter(({ Properties }) => Properties.Tags?.some(({ Key, Value }: { Key: string; Value: string }) => Key === name && Value === value));
    expect(tagged('AWS::EC2::Subnet', 'kubernetes.io/cluster/payments', 'shared')).toHaveLength(3);
    expect(tagged('AWS::EC2::SecurityGroup', 'karpenter.sh/discovery', 'payments')).toHaveLength(1);
  });

  it('of Karpenter may join the cluster', () => {
    template.hasResourceProperties('AWS::EKS::AccessEntry', { Type: 'EC2_LINUX', PrincipalArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('KarpenterNodeRole'), 'Arn'] } });
  });
});

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const policies = (type: string): Statement[] => found(type).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
const statement = (sid: string): Statement => policies('AWS::IAM::ManagedPolicy').find(({ Sid }) => Sid === sid)!;

describe('Karpenter', () => {
  it('ends what carries the name of this cluster alone', () => {
    expect(statement('EndOwnNodes')).toMatchObject({
      Action: ['ec2:DeleteLaunchTemplate', 'ec2:TerminateInstances'],
      Condition: {
        StringEquals: { 'aws:ResourceTag/kubernetes.io/cluster/payments': 'owned' }, StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' },
      },
    });
  });

  it('gives no other role than that of its nodes, and to instances alone', () => {
    expect(statement('GiveNodesTheirRole')).toMatchObject({
      Resource: { 'Fn::GetAtt': [expect.stringContaining('KarpenterNodeRole'), 'Arn'] }, Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    });
  });

  it('makes nothing without the marks of this cluster', () => {
    for (const sid of ['MakeOwnNodes', 'MarkNewNodes', 'MakeProfiles', 'MarkProfiles']) {
      expect(statement(sid).Condition!.StringEquals).toMatchObject({ 'aws:RequestTag/kubernetes.io/cluster/payments': 'owned', 'aws:RequestTag/eks:eks-cluster-name': 'payments' });
    }
  });

  it('has policies that IAM takes: 6,144 characters', () => {
    for (const { Properties } of found('AWS::IAM::ManagedPolicy')) {
      expect(JSON.stringify(Properties.PolicyDocument).replace(/\s/g, '').length).toBeLessThan(6_144);
    }
  });

  it('hears of every node that goes, by a queue under a key that speaks TLS only', () => {
    expect(found('AWS::Events::Rule').map(({ Properties }) => Properties.EventPattern['detail-type'][0]).sort()).toEqual([
      'AWS Health Event', 'EC2 Capacity Reservation Instance Interruption Warning', 'EC2 Instance Rebalance Recommendation',
      'EC2 Instance State-change Notification', 'EC2 Spot Instance Interruption Warning',
    ]);
    template.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 300, KmsMasterKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });
});

describe('roles of pods', () => {
  it('belong to one service account of one namespace of this cluster', () => {
    expect(found('AWS::EKS::PodIdentityAssociation').map(({ Properties }) => `${Properties.Namespace}/${Properties.ServiceAccount}`).sort()).toEqual([
      'keda/keda-operator', 'kube-system/aws-load-balancer-controller', 'kube-system/karpenter', 'pay/payment-worker',
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      Description: 'Pods of pay/payment-worker in payments',
      AssumeRolePolicyDocument: {
        Statement: [{
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': { Ref: 'AWS::AccountId' },
              'aws:RequestTag/eks-cluster-name': 'payments',
              'aws:RequestTag/kubernetes-namespace': 'pay',
              'aws:RequestTag/kubernetes-service-account': 'payment-worker',
            },
          },
        }],
      },
    });
  });

  it.each([['Payment_Worker', 'pay', 'serviceAccount'], ['worker', '-pay', 'namespace']])('refuse %s in %s', (account, namespace, property) => {
    expect(() => stackWith({}, (cluster) => void cluster.addIdentity(account, namespace))).toThrow(`\`${property}\` must be lower-case letters`);
  });

  it('allow everything on nothing: what has all resources, AWS knows no resource of', () => {
    const everywhere = [...policies('AWS::IAM::Policy'), ...policies('AWS::IAM::ManagedPolicy')]
      .filter(({ Resource, Condition }) => Resource === '*' && Condition === undefined)
      .flatMap(({ Action }) => [Action].flat())
      .filter((action) => !/^(ec2|elasticloadbalancing):(Describe|Get)/.test(action));
    expect(everywhere.sort()).toEqual([
      'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:UnassignPrivateIpAddresses',
      'ecr-public:GetAuthorizationToken', 'iam:ListInstanceProfiles', 'pricing:GetProducts', 'sts:GetServiceBearerToken',
    ]);
  });

  it('let the load balancer controller change what is its own, and no web ACL, Shield or certificate', () => {
    const actions = policies('AWS::IAM::Policy').flatMap(({ Action }) => [Action].flat());
    expect(actions).toContain('elasticloadbalancing:RegisterTargets');
    expect(actions.filter((it) => /^(waf|wafv2|shield|acm|cognito-idp)/.test(it))).toEqual([]);
    const free = policies('AWS::IAM::Policy')
      .filter(({ Action, Condition }) => [Action].flat().some((it) => /^elasticloadbalancing:(?!Describe)/.test(it)) && Condition === undefined);
    expect(free).toEqual([]);
  });

  it('make nobody an administrator but what applies charts', () => {
    const administrators = found('AWS::EKS::AccessEntry').filter(({ Properties }) => Properties.AccessPolicies?.length > 0);
    expect(administrators.map(({ Properties }) => Properties.PrincipalArn)).toEqual([{ 'Fn::GetAtt': [expect.stringContaining('KubectlRole'), 'Arn'] }]);
    const named = Template.fromStack(stackWith({ administrators: [iam.Role.fromRoleArn(testStack(), 'Role', 'arn:aws:iam::111122223333:role/operators')] }));
    named.hasResourceProperties('AWS::EKS::AccessEntry', { PrincipalArn: 'arn:aws:iam::111122223333:role/operators' });
  });

  it('of what applies charts are ours: no image of the account is read', () => {
    const handler = found('AWS::Lambda::Function').find(({ Properties }) => /kubectl resource provider/.test(Properties.Description))!;
    const [role] = handler.Properties.Role['Fn::GetAtt'];
    expect((template.toJSON().Resources[role] as Found).Properties.ManagedPolicyArns).toBeUndefined();
    expect(handler.DependsOn!.some((it) => it.startsWith('ClusterKubectlRoleDefaultPolicy'))).toBe(true);
  });
});

const charts = (from: Template = template): Map<string, Found> => new Map(
  (Object.values(from.findResources('Custom::AWSCDK-EKS-HelmChart')) as Found[]).map((chart) => [chart.Properties.Release as string, chart]),
);

describe('operators', () => {
  it('are pinned to versions', () => {
    expect([...charts().values()].map(({ Properties }) => `${Properties.Release} ${Properties.Version} in ${Properties.Namespace}`).sort()).toEqual([
      'aws-load-balancer-controller 3.2.2 in kube-system', 'envoy-gateway v1.9.0 in envoy-gateway-system', 'istio-base 1.30.3 in istio-system',
      'istio-cni 1.30.3 in istio-system', 'istiod 1.30.3 in istio-system', 'karpenter 1.14.0 in kube-system', 'keda 2.20.2 in keda', 'ztunnel 1.30.3 in istio-system',
    ]);
  });

  it('come after nodes and each other', () => {
    const names = Object.entries(template.findResources('Custom::AWSCDK-EKS-HelmChart'));
    const idOf = (release: string): string => names.find(([, { Properties }]) => (Properties as { Release: string }).Release === release)![0];
    const [nodes] = Object.keys(template.findResources('AWS::EKS::Nodegroup'));
    for (const { DependsOn } of charts().values()) {
      expect(DependsOn).toContain(nodes);
    }
    expect(charts().get('istiod')!.DependsOn).toContain(idOf('istio-base'));
    expect(charts().get('istio-cni')!.DependsOn).toContain(idOf('istiod'));
    expect(charts().get('ztunnel')!.DependsOn).toContain(idOf('istio-cni'));
    expect(charts().get('envoy-gateway')!.DependsOn).toContain(idOf('aws-load-balancer-controller'));
    const [manifest] = found('Custom::AWSCDK-EKS-KubernetesResource').filter(({ Properties }) => JSON.stringify(Properties.Manifest).includes('default-deny'));
    for (const [id] of names) {
      expect(manifest.DependsOn).toContain(id);
    }
  });

  it('tell Karpenter where it hears of interruptions', () => {
    const values = JSON.stringify(charts().get('karpenter')!.Properties.Values);
    expect(values).toContain('\\"clusterName\\":\\"payments\\",\\"interruptionQueue\\":\\"');
    expect(values).toContain('ClusterKarpenterInterruptions');
  });

  it('count tenants where they are told to, over TLS', () => {
    const values = (from?: Template): string => JSON.stringify(charts(from).get('envoy-gateway')!.Properties.Values);
    expect(values()).not.toContain('rateLimit');
    expect(values()).toContain('GatewayNamespace');
    const counted = values(Template.fromStack(stackWith({ rateLimitStore: { endpoint: 'limits.example:6379' } })));
    expect(JSON.parse(JSON.parse(counted) as string)).toMatchObject({
      config: { envoyGateway: { rateLimit: { backend: { type: 'Redis', redis: { url: 'limits.example:6379', tls: {} } } } } },
    });
  });

  it('have nodes for the Job that Helm waits for before Envoy Gateway', () => {
    const values = JSON.parse(charts().get('envoy-gateway')!.Properties.Values as string) as { certgen: object };
    expect(values.certgen).toEqual({ job: { tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }] } });
  });

  it('take other versions and values, laid over those that are decided', () => {
    const from = Template.fromStack(stackWith({ operators: { keda: { version: '2.22.0', values: { serviceAccount: { operator: { annotations: { a: 'b' } } } } } } }, (cluster) => {
      cluster.addOperator(ClusterOperator.PROMETHEUS, { wait: false, after: [ClusterOperator.KEDA], namespace: { labels: { 'istio.io/dataplane-mode': 'ambient' } } });
    }));
    const keda = charts(from).get('keda')!.Properties;
    expect(keda.Version).toBe('2.22.0');
    expect(JSON.parse(keda.Values as string)).toMatchObject({ serviceAccount: { operator: { name: 'keda-operator', annotations: { a: 'b' } } } });
    expect(charts(from).get('prometheus')!.Properties).toMatchObject({ Chart: 'kube-prometheus-stack' });
    from.hasResourceProperties('Custom::AWSCDK-EKS-KubernetesResource', {
      Manifest: Match.stringLikeRegexp('"kind":"Namespace","metadata":\\{"name":"monitoring","labels":\\{.*"istio.io/dataplane-mode":"ambient"'),
    });
  });

  it('refuse a range of versions, one that is there, and a name that is none', () => {
    expect(() => ClusterOperator.KEDA.withVersion('^2.0.0')).toThrow('`version` must be one version, such as 1.2.3, got: ^2.0.0');
    expect(() => ClusterOperator.of({ ...ClusterOperator.KEDA.options, repository: 'http://charts' })).toThrow('`repository` must be an address over HTTPS');
    expect(() => stackWith({}, (cluster) => void cluster.addOperator(ClusterOperator.KEDA))).toThrow('keda twice');
    expect(() => stackWith({}, (cluster) => void cluster.operator(ClusterOperator.PROMETHEUS))).toThrow('`operator` must be one of karpenter,');
    expect(() => Template.fromStack(stackWith({ operators: { kedda: {} } }))).toThrow('`operators` must name one of karpenter,');
  });
});

describe('a wait for a Job', () => {
  it('is longer than a task may take, and ends before the function that waits', () => {
    const from = Template.fromStack(stackWith({}, (cluster) => void cluster.awaitJob('Wait', { name: 'migration', namespace: 'pay' }, cluster.keda)));
    from.hasResourceProperties('Custom::AWSCDK-EKS-KubernetesObjectValue', { ObjectName: 'migration', ObjectNamespace: 'pay', TimeoutSeconds: 600 });
    expect(KUBERNETES.task.wait.toSeconds()).toBeGreaterThan(KUBERNETES.task.deadline.toSeconds());
    expect(KUBERNETES.task.wait.toMinutes()).toBeLessThan(15);
  });
});

describe('a cluster that cannot be', () => {
  it.each<[Partial<KubernetesClusterProps>, string]>([
    [{ clusterName: '-payments' }, '`clusterName` must be letters, digits'],
    [{ systemNodes: 1 }, '`systemNodes` must be between 2 and Infinity, got: 1'],
  ])('is refused: %j', (props, message) => {
    expect(() => stackWith(props)).toThrow(message);
  });
});

describe('alarms', () => {
  it('watch the control plane, pods without a node, and nodes that go undrained', () => {
    template.resourceCountIs('AWS::CloudWatch::Alarm', 5);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 1, Metrics: Match.arrayWith([Match.objectLike({ MetricStat: { Metric: {
        Namespace: 'AWS/EKS', MetricName: 'apiserver_request_total_5XX', Dimensions: [{ Name: 'ClusterName', Value: 'payments' }],
      } } })]),
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'scheduler_pending_pods_UNSCHEDULABLE', Threshold: 0 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 60 });
  });
});

describe('what pods write', () => {
  const logs = (namespaces: readonly string[]): Template => Template.fromStack(stackWith({}, (cluster, stack) => {
    new PodLogs(stack, 'PodLogs', { cluster, namespaces, encryptionKey: new DataKeys(stack, 'Keys').key(DataClass.OPERATIONS) });
  }));

  it('goes to a log with a key and an end, as it was written', () => {
    const from = logs(['pay', 'edge']);
    from.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain', Properties: { LogGroupName: '/aws/eks/payments/pods', RetentionInDays: 365, KmsKeyId: Match.anyValue() },
    });
    const { Properties: { Values, Version }, DependsOn } = charts(from).get('aws-for-fluent-bit')!;
    expect(Version).toBe('0.2.0');
    const text = JSON.stringify(Values);
    expect(text).toContain('/var/log/containers/*_pay_*.log,/var/log/containers/*_edge_*.log');
    for (const value of ['logKey', 'log', 'logFormat', 'json/emf', 'autoCreateGroup', 'tolerations', 'Exists']) {
      expect(text).toContain(value);
    }
    // Its role first, with what it may do.
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('Association'), expect.stringMatching(/^PodLogs.*Policy/)]));
  });

  it('is written by an account that may do nothing else', () => {
    const from = logs(['pay']);
    from.hasResourceProperties('AWS::EKS::PodIdentityAssociation', { Namespace: 'logging', ServiceAccount: 'aws-for-fluent-bit' });
    const policies = [...Object.entries(from.findResources('AWS::IAM::Policy')), ...Object.entries(from.findResources('AWS::IAM::ManagedPolicy'))]
      .filter(([id]) => id.startsWith('PodLogs')).map(([, { Properties }]) => Properties as Found['Properties']);
    const statements = policies.flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: { Action: string[] }[] }).Statement);
    expect(statements.flatMap(({ Action }) => Action).sort())
      .toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  it('is that of a namespace', () => {
    expect(() => logs([])).toThrow('`namespaces` must name at least one, got: none');
    expect(() => logs(['*'])).toThrow('`namespaces` must be lower-case letters');
  });

  it('is not the only thing that is told: Prometheus reads the lag that KEDA scales by', () => {
    expect(JSON.parse(charts().get('keda')!.Properties.Values as string)).toMatchObject({ prometheus: { operator: { enabled: true } } });
  });
});
