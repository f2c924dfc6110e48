/** A day with an RSG and its workloads, in an order that makes sense: what a person types while controllers work. */
import {kubectl, type Command} from './side-by-side.ts';
import {ENGINE, LLAMA} from './wrong-manifests.ts';

const PREFILL = ENGINE.replaceAll('engine}', 'prefill}').replace('name: engine,', 'name: prefill,').replace('replicas: 0', 'replicas: 1');
const DECODE = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: decode, labels: {app: decode}}
spec:
  replicas: 2
  serviceName: decode
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: decode}}
  template:
    metadata: {labels: {app: decode}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: engine, image: "engine:1", command: [serve, --port, "8000"], ports: [{containerPort: 8000}]}]
`;
const until = (path: string, value: number): Command =>
  kubectl(`wait rsg/llama --for=jsonpath={.status.${path}}=${String(value)} --timeout=60s`);
const edit = (what: string, script: string): Command => ({args: ['edit', ...what.split(' ')], editor: `sed -i ${script}`});
const patch = (type: string, text: string): Command => ({args: ['patch', 'rsg', 'llama', `--type=${type}`, '-p', text]});
const rolled = (what: string): Command => kubectl(`rollout status ${what} --timeout=60s`);

export const DAY: readonly Command[] = [
  kubectl('apply -f -', `${PREFILL}---\n${DECODE}`),
  rolled('deploy/prefill'),
  rolled('sts/decode'),
  kubectl('apply -f - --dry-run=server', LLAMA),
  kubectl('apply -f -', LLAMA),
  until('availableReplicas', 1),
  kubectl('get rsg'),
  kubectl('get rsg -o wide'),
  kubectl('get deploy,sts,pods -o wide'),
  kubectl('describe rsg llama'),
  kubectl('scale rsg llama --replicas=2'),
  until('availableReplicas', 2),
  kubectl('get rsg'),
  kubectl('get deploy,sts -o wide'),
  kubectl('describe deploy prefill'),
  kubectl('describe sts decode'),
  kubectl('describe pod decode-0'),
  kubectl('events --for rsg/llama'),
  kubectl('scale rsg llama --replicas=-1'),
  kubectl('scale rsg llama --replicas=2 --current-replicas=9'),
  patch('merge', '{"spec":{"paused":true}}'),
  patch('merge', '{"spec":{"paused":true}}'),
  patch('merge', '{"spec":'),
  patch('merge', '{"spec":{"replicas":"x"}}'),
  patch('json', '[{"op":"replace","path":"/spec/paused","value":false}]'),
  patch('json', '[{"op":"replace","path":"/spec/nosuch/deep","value":false}]'),
  patch('json', '{"a":1}'),
  edit('rsg llama', 's/replicas:.2/replicas:\\ 1/'),
  edit('rsg llama', 's/nothing/else/'),
  until('availableReplicas', 1),
  edit('sts decode', 's/engine:1/engine:2/'),
  rolled('sts/decode'),
  kubectl('rollout history sts/decode'),
  kubectl('apply -f -', PREFILL.replace('engine:1', 'engine:2')),
  rolled('deploy/prefill'),
  kubectl('set image deploy/prefill engine=engine:3'),
  kubectl('set image deploy/prefill nosuch=engine:3'),
  rolled('deploy/prefill'),
  kubectl('set resources deploy/prefill --limits=cpu=2x'),
  kubectl('rollout restart deploy/prefill'),
  rolled('deploy/prefill'),
  kubectl('rollout history deploy/prefill'),
  kubectl('rollout undo deploy/prefill --to-revision=1'),
  rolled('deploy/prefill'),
  kubectl('rollout undo deploy/prefill --to-revision=77'),
  kubectl('rollout history rsg/llama'),
  kubectl('label rsg llama team=a'),
  kubectl('label rsg llama team=b'),
  kubectl('label rsg llama team-'),
  kubectl('annotate rsg llama note=x'),
  kubectl('auth can-i get rsg/scale'),
  kubectl('explain rsg.spec.group.targetResources'),
  kubectl('wait deploy/prefill --for=condition=Available --timeout=60s'),
  kubectl('wait rsg/nosuch --for=delete --timeout=5s'),
  kubectl('delete sts decode --dry-run=server'),
  kubectl('delete deploy prefill --cascade=orphan'),
  kubectl(
    'get rs -l app=prefill --no-headers -o custom-columns=OWNERS:.metadata.ownerReferences,REPLICAS:.spec.replicas --sort-by=.spec.replicas',
  ),
  kubectl('delete rsg llama --timeout=60s'),
  kubectl('delete sts decode --cascade=foreground --timeout=60s'),
  kubectl('get sts,deploy,rsg'),
];
