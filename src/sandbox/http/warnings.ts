/** What the real API server accepts with a warning. Pure. */
import {asObject} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {numberOf} from '../kinds/fill.ts';

const FIELD = 'terminationGracePeriodSeconds';

/** Of a pod, and of a workload with a template of one. */
export function warningsOf(object: KubeObject): string[] {
  const spec = asObject(object['spec']);
  const isPod = object.apiVersion === 'v1' && object.kind === 'Pod';
  const [pod, path] = isPod ? [spec, 'spec'] : [asObject(asObject(spec['template'])['spec']), 'spec.template.spec'];
  if (numberOf(pod[FIELD]) >= 0) return [];
  return [`${path}.${FIELD}: must be >= 0; negative values are invalid and will be treated as 1`];
}
