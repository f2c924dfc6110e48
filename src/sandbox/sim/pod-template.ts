/** A pod as its workload's template says. Pure. */
import type {KubeObject} from '../../api/objects.ts';
import type {Template} from './workload-schema.ts';

/** Labels and annotations of `metadata` win over the template's. */
export function podFrom(template: Template, metadata: KubeObject['metadata']): KubeObject {
  const annotations = {...template.metadata.annotations, ...metadata.annotations};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: {...template.metadata.labels, ...metadata.labels},
      ...(Object.keys(annotations).length === 0 ? {} : {annotations}),
    },
    spec: template.spec,
    status: {phase: 'Pending'},
  };
}
