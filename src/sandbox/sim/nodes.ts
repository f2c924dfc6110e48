/** The nodes that the sandbox's pods run on. Pure. */
import type {KubeObject} from '../../api/objects.ts';
import {timestamp} from '../../runtime/clock.ts';

const RESOURCES = {cpu: '256', memory: '2Ti', pods: '1000', 'nvidia.com/gpu': '64'};

export function newNode(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {name, labels: {'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux'}},
  };
}

/** A created object has no status yet: it is written afterwards, as a kubelet does. */
export function readyNode(node: KubeObject, now: number): KubeObject {
  const at = timestamp(now);
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  };
  return {
    ...node,
    status: {
      capacity: RESOURCES,
      allocatable: RESOURCES,
      addresses: [{type: 'InternalIP', address: '127.0.0.1'}],
      conditions: [condition],
      nodeInfo: {
        kubeletVersion: 'v1.37.2',
        osImage: 'sandbox',
        kernelVersion: 'sandbox',
        containerRuntimeVersion: 'sandbox://1',
        operatingSystem: 'linux',
        architecture: 'amd64',
        machineID: '',
        systemUUID: '',
        bootID: '',
        kubeProxyVersion: '',
      },
    },
  };
}
