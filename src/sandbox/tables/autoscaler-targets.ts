/** The TARGETS column of HorizontalPodAutoscalers. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import {listOf, showScalar, textOf} from '../kinds/fill.ts';

const SHOWN = 2;
const SOURCES: Readonly<Record<string, string>> = {
  External: 'external',
  Pods: 'pods',
  Object: 'object',
  Resource: 'resource',
  ContainerResource: 'containerResource',
};

export function targetsOf(autoscaler: KubeObject): string {
  const specs = listOf(asObject(autoscaler['spec'])['metrics']);
  if (specs.length === 0) return '<none>';
  const statuses = listOf(asObject(autoscaler['status'])['currentMetrics']);
  const all = specs.map((spec, at) => targetOf(spec, statuses[at] ?? {}));
  const shown = all.slice(0, SHOWN).join(', ');
  return all.length > SHOWN ? `${shown} + ${String(all.length - SHOWN)} more...` : shown;
}

function targetOf(spec: Json, status: Json): string {
  const type = textOf(spec['type']);
  const source = SOURCES[type];
  if (source === undefined) return '<unknown type>';
  const wanted = asObject(asObject(spec[source])['target']);
  const current = asObject(asObject(status[source])['current']);
  const show = (value: unknown): string => (value === undefined ? '<unknown>' : showScalar(value));
  const named = type === 'Resource' || type === 'ContainerResource' ? `${textOf(asObject(spec[source])['name'])}: ` : '';
  if (named !== '' && wanted['averageValue'] === undefined) {
    const percent = (value: unknown, none: string): string => (value === undefined ? none : `${showScalar(value)}%`);
    return `${named}${percent(current['averageUtilization'], '<unknown>')}/${percent(wanted['averageUtilization'], '<auto>')}`;
  }
  if (wanted['averageValue'] === undefined) return `${show(current['value'])}/${show(wanted['value'])}`;
  const average = `${named}${show(current['averageValue'])}/${show(wanted['averageValue'])}`;
  return type === 'External' || type === 'Object' ? `${average} (avg)` : average;
}
