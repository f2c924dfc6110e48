/** The chart as helm renders it, without a cluster. */
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import {parseAllDocuments} from 'yaml';
import {z} from 'zod';
import {readKinds} from '../../src/api/workload-kind.ts';
import {FLAGS, readConfig, type Role} from '../../src/config.ts';
import {kindsIn} from '../../src/kube/kind-declarations.ts';
import {CHART, helmProgram, runHelm} from '../support/helm.ts';
import type {Outcome} from '../support/outcome.ts';

const objectSchema = z.looseObject({kind: z.string(), metadata: z.looseObject({name: z.string(), namespace: z.string().optional()})});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({spec: z.looseObject({containers: z.array(z.looseObject({args: z.array(z.string())}))})}),
  }),
});
const podSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(z.looseObject({args: z.array(z.string()), volumeMounts: z.array(z.looseObject({mountPath: z.string()}))})),
        volumes: z.array(z.looseObject({configMap: z.looseObject({name: z.string()})})),
      }),
    }),
  }),
});
type Rendered = z.output<typeof objectSchema>;

describe('the chart', () => {
  let helm: string;
  before(async () => {
    helm = await helmProgram();
  });
  const render = (...sets: string[]): Promise<Outcome> =>
    runHelm(helm, ['template', 'rsg', CHART, '--namespace', 'rsg-system', ...sets.flatMap((one) => ['--set', one])]);
  const objects = async (...sets: string[]): Promise<Rendered[]> => {
    const {stdout, stderr, code} = await render(...sets);
    assert.equal(code, 0, stderr);
    return parseAllDocuments(stdout).map((document) => objectSchema.parse(document.toJS()));
  };

  test('lints', async () => {
    const {stdout, code} = await runHelm(helm, ['lint', '--strict', CHART]);
    assert.equal(code, 0, stdout);
  });

  const MISTAKES: readonly [string, RegExp][] = [
    ['mode=both', /'\/mode': value must be one of 'split', 'all'/u],
    ['controler.replicas=3', /additional properties 'controler' not allowed/u],
    ['controller.replicas=0', /'\/controller\/replicas': minimum: got 0, want 1/u],
    ['image.digest=latest', /'\/image\/digest'/u],
    ['apiService.external=maybe', /'\/apiService\/external': value must be one of 'auto', 'true', 'false'/u],
    ['certificates.source=vault', /'\/certificates\/source': value must be one of 'self', 'cert-manager'/u],
    ['targetKinds[0].kind=Fleet', /missing properties 'group', 'resource'/u],
    ['controller.extraVolumes[0].emptyDir.sizeLimit=1Mi', /'\/controller\/extraVolumes\/0': missing property 'name'/u],
    ['metricsAdapter.minCoverage=2', /'\/metricsAdapter\/minCoverage': maximum: got 2, want 1/u],
  ];
  for (const [set, message] of MISTAKES) {
    test(`a wrong value is refused with its place: ${set}`, async () => {
      const {stderr, code} = await render(set);
      assert.notEqual(code, 0);
      assert.match(stderr, message);
    });
  }

  const SHAPES: readonly [string[], Record<string, Role>][] = [
    [[], {'rsg-controller': 'controller', 'rsg-metrics-adapter': 'metrics-adapter'}],
    [['mode=all'], {'rsg-controller': 'all'}],
    [['metricsAdapter.enabled=false'], {'rsg-controller': 'controller'}],
    [['certificates.source=cert-manager'], {'rsg-controller': 'controller', 'rsg-metrics-adapter': 'metrics-adapter'}],
    [
      [
        'watchNamespace=ml',
        'crossNamespaces={other}',
        'metricsAdapter.prometheusUrl=http://prometheus:9090',
        'metricsAdapter.allowHostNetwork=true',
        'metricsAdapter.kedaTls=true',
      ],
      {'rsg-controller': 'controller', 'rsg-metrics-adapter': 'metrics-adapter'},
    ],
  ];
  for (const [sets, roles] of SHAPES) {
    test(`the program takes the flags of ${sets.join(' ') || 'the defaults'}`, async () => {
      const deployments = (await objects(...sets)).filter(({kind}) => kind === 'Deployment');
      assert.deepEqual(deployments.map(({metadata}) => metadata.name).sort(), Object.keys(roles).sort());
      for (const deployment of deployments) {
        const [container] = deploymentSchema.parse(deployment).spec.template.spec.containers;
        const [command, ...args] = container?.args ?? [];
        const role = roles[deployment.metadata.name];
        assert.equal(command, role);
        const read = readConfig(FLAGS[role ?? 'all'], args, {});
        assert.ok('config' in read, JSON.stringify(read));
      }
    });
  }

  test('limited to namespaces, nothing that writes is granted outside of them', async () => {
    const all = await objects('watchNamespace=ml', 'crossNamespaces={other}');
    const cluster = all.filter(({kind}) => kind === 'ClusterRole').map(({metadata}) => metadata.name);
    assert.deepEqual(cluster.sort(), ['rsg-edit', 'rsg-metrics-adapter-reader', 'rsg-metrics-adapter-serving', 'rsg-view']);
    const roles = all.filter(({kind, metadata}) => kind === 'Role' && metadata.name === 'rsg-controller');
    assert.deepEqual(roles.map(({metadata}) => metadata.namespace).sort(), ['ml', 'other']);
  });

  test('a kind that carries a declaration: a file that the program reads, mounted where it is named, and rights for it', async () => {
    const fleet = {kind: 'Fleet', group: 'fleets.example.com', resource: 'fleets', owns: [{group: 'apps', resource: 'statefulsets'}]};
    const declaration = {replicas: 'spec.count', parking: 'scale', templates: [{path: 'spec.pod'}]};
    const values = JSON.stringify([{...fleet, declaration}]);
    const {stdout, stderr, code} = await runHelm(helm, ['template', 'rsg', CHART, '--set-json', `targetKinds=${values}`]);
    assert.equal(code, 0, stderr);
    const all = parseAllDocuments(stdout).map((document) => objectSchema.parse(document.toJS()));
    const map = z.looseObject({data: z.record(z.string(), z.string())}).parse(all.find(({kind}) => kind === 'ConfigMap'));
    assert.deepEqual(kindsIn(map.data['kinds.yaml'] ?? ''), readKinds({kinds: [{group: fleet.group, kind: fleet.kind, ...declaration}]}));
    for (const name of ['rsg-controller', 'rsg-metrics-adapter', 'rsg-release']) {
      const rendered = all.find(({kind, metadata}) => ['Deployment', 'Job'].includes(kind) && metadata.name === name);
      const {containers, volumes} = podSchema.parse(rendered).spec.template.spec;
      const [{args, volumeMounts} = {args: [], volumeMounts: []}] = containers;
      const file = args.find((arg) => arg.startsWith('--kind-declarations='))?.split('=')[1];
      assert.equal(file, `${volumeMounts[0]?.mountPath ?? ''}/kinds.yaml`, name);
      assert.equal(volumes[0]?.configMap.name, 'rsg-kinds');
    }
    const rules = /resources: \[(?<resource>[^\]]*fleets[^\]]*)\]/gu;
    assert.deepEqual(new Set([...stdout.matchAll(rules)].map(({groups}) => groups?.['resource'])), new Set(['fleets', 'fleets/scale']));
  });

  test('extras appear when they are asked for', async () => {
    const asked = await objects('serviceMonitor.enabled=true', 'networkPolicy.enabled=true', 'certificates.source=cert-manager');
    const kinds = new Set(asked.map(({kind}) => kind));
    for (const kind of ['ServiceMonitor', 'NetworkPolicy', 'Certificate', 'Issuer', 'PodDisruptionBudget'])
      assert.ok(kinds.has(kind), kind);
    const usual = (await objects()).map(({kind}) => kind);
    assert.ok(!usual.includes('ServiceMonitor'));
  });
});
