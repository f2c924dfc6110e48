/** CustomResourceDefinitions as objects: defaults, the conditions that the server's own controllers set, and what is refused. Pure. */
import {asObject, type Json} from '../../api/json.ts';
import type {KubeObject} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import {oneOf, required, invalidValue} from '../validation/causes.ts';
import {fill, listOf, textOf} from './fill.ts';

const condition = (type: string, reason: string, message: string, since: unknown): Json => ({
  type,
  status: 'True',
  reason,
  message,
  lastTransitionTime: since,
});

export function crdDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = asObject(object['spec']);
  const names = asObject(spec['names']);
  const kind = textOf(names['kind']);
  const filledNames = fill(names, {singular: kind.toLowerCase(), listKind: `${kind}List`});
  const filled = {...fill(spec, {conversion: {strategy: 'None'}}), names: filledNames};
  if (before !== undefined) return {...object, spec: filled};
  const since = object.metadata.creationTimestamp;
  const stored = listOf(spec['versions']).flatMap((version) => (version['storage'] === true ? [textOf(version['name'])] : []));
  return {
    ...object,
    spec: filled,
    status: {
      acceptedNames: filledNames,
      storedVersions: stored,
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found', since),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', since),
      ],
    },
  };
}

export function validateCrd(object: KubeObject): readonly StatusCause[] {
  const spec = asObject(object['spec']);
  const names = asObject(spec['names']);
  const versions = listOf(spec['versions']);
  const [group, plural] = [textOf(spec['group']), textOf(names['plural'])];
  const expected = `${plural}.${group}`;
  const name = object.metadata.name;
  const stored = versions.filter((version) => version['storage'] === true).length;
  return [
    ...(name === expected ? [] : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...(group === '' ? [required('spec.group')] : []),
    ...(plural === '' ? [required('spec.names.plural')] : []),
    ...(textOf(names['kind']) === '' ? [required('spec.names.kind')] : []),
    ...oneOf('spec.scope', spec['scope'], ['Cluster', 'Namespaced']),
    ...(stored === 1 ? [] : [invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version')]),
    ...versions.flatMap((version, at) =>
      version['schema'] === undefined ? [required(`spec.versions[${String(at)}].schema.openAPIV3Schema`, 'schemas are required')] : [],
    ),
  ];
}
