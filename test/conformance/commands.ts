/** What a person types, in an order that makes sense. */
import {kubectl, type Command} from './side-by-side.ts';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: a
        image: "a:1"
        ports: [{containerPort: 80, name: http}]
        env: [{name: X, value: "1"}]
        readinessProbe: {httpGet: {port: http}}
      - {name: b, image: b}
`;
const CHANGED = DEPLOYMENT.replace('"a:1"', '"a:2"')
  .replace('{name: X, value: "1"}', '{name: Z, value: "2"}')
  .replace('replicas: 0', 'replicas: 0\n  minReadySeconds: 3');
const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
`;
const RSG = `apiVersion: resourcescalinggroup.com/v1
kind: ResourceScalingGroup
metadata: {name: g}
spec: {replicas: 2, group: {targetResources: [{name: web, kind: deployment, version: apps/v1}]}}
`;
const RSG_CHANGED = RSG.replace('replicas: 2', 'paused: true, replicas: 3');

const CONTAINERS = 'jsonpath={.spec.template.spec.containers}';

export const COMMANDS: readonly Command[] = [
  kubectl('apply -f -', DEPLOYMENT),
  kubectl('apply -f -', DEPLOYMENT),
  kubectl('get deploy -o wide'),
  kubectl(`get deploy web -o ${CONTAINERS}`),
  kubectl('apply -f -', CHANGED),
  kubectl(`get deploy web -o ${CONTAINERS}`),
  kubectl('set image deploy/web a=a:9'),
  kubectl('set env deploy/web -c a Q=1'),
  kubectl(`get deploy web -o ${CONTAINERS}`),
  kubectl('label deploy web x=y'),
  kubectl('annotate deploy web x=y'),
  kubectl('label deploy web x-'),
  kubectl('scale deploy web --replicas=0'),
  kubectl('scale deploy web --replicas=0 --current-replicas=3'),
  kubectl('patch deploy web -p {"spec":{"minReadySeconds":7}}'),
  kubectl('patch deploy web --type=json -p [{"op":"replace","path":"/spec/minReadySeconds","value":1}]'),
  kubectl('patch deploy web -p {"spec":{"replicas":-1}}'),
  kubectl('patch deploy web -p {"spec":{"selector":{"matchLabels":{"q":"r"}}}}'),
  kubectl('rollout pause deploy/web'),
  kubectl('get deploy web nothere'),
  kubectl('get deploy -l app!=web'),
  kubectl('get deploy --field-selector foo=bar'),
  kubectl('apply -f -', SERVICE),
  kubectl('get svc web -o yaml'),
  kubectl('get svc web -o wide'),
  kubectl('create cm c --from-literal=a=b'),
  kubectl('create cm c --from-literal=a=b'),
  kubectl('get cm c -o yaml'),
  kubectl('describe cm c'),
  kubectl('create secret generic s --from-literal=a=b'),
  kubectl('describe secret s'),
  kubectl('create ns n1'),
  kubectl('create deployment d1 --image=x -n n1 --replicas=0'),
  kubectl('expose deployment d1 -n n1 --port=80'),
  kubectl('autoscale deployment d1 -n n1 --max=3'),
  kubectl('delete ns n1 --timeout=60s'),
  kubectl('create -f -', RSG),
  kubectl('create -f -', RSG),
  kubectl('apply -f -', RSG),
  kubectl('apply -f -', RSG_CHANGED),
  kubectl('get rsg g -o yaml'),
  kubectl('get rsg'),
  kubectl('describe rsg g'),
  kubectl('scale rsg g --replicas=5'),
  kubectl('scale rsg g --replicas=5 --current-replicas=2'),
  kubectl('scale rsg g --replicas=6 --current-replicas=5'),
  kubectl('patch rsg g --type=merge -p {"spec":{"replica":1}}'),
  kubectl('patch rsg g --type=merge --subresource=status -p {"status":{"replicas":7,"selector":"a=b"}}'),
  kubectl('get --raw /apis/resourcescalinggroup.com/v1/namespaces/default/resourcescalinggroups/g/scale'),
  kubectl('patch rsg g --type=merge -p {"spec":{"group":{"groupID":"other"}}}'),
  kubectl('create -f -', RSG.replace('replicas: 2', 'replica: 2')),
  kubectl('create -f -', RSG.replace('replicas: 2', 'replicas: two')),
  kubectl('replace -f -', RSG),
  kubectl('delete rsg g'),
  kubectl('delete rsg g'),
  kubectl('explain rsg.spec.scaleIn'),
  kubectl('auth can-i create pods'),
  kubectl('get nosuch'),
  kubectl('create -f -', DEPLOYMENT.replace('kind: Deployment', 'kind: Deploymen')),
  kubectl('delete svc web'),
  kubectl('delete cm,secret c s'),
  kubectl('delete deploy web --cascade=foreground'),
];
