/** Mistakes in metadata, of any kind of object. Pure. */
import {asObject, strings} from '../../api/json.ts';
import type {KubeObject, OwnerReference} from '../../api/objects.ts';
import type {StatusCause} from '../api-error.ts';
import type {Kind} from '../kinds/kind.ts';
import {forbidden, invalidValue, label, labelValue, qualifiedName, required, subdomain, type NameRule} from '../validation/causes.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;
const LABEL_NAMES = new Set(['namespaces', 'services']);

const withoutDots: NameRule = (name) => (name.includes('.') ? ['must not contain dots'] : label(name));

function nameRuleOf({type}: Kind): NameRule {
  return type.group === '' && LABEL_NAMES.has(type.plural) ? withoutDots : subdomain;
}

export function validateMetadata(kind: Kind, {metadata}: KubeObject): StatusCause[] {
  return [
    ...nameCauses(kind, metadata.name),
    ...labelCauses(metadata.labels, 'metadata.labels'),
    ...annotationCauses(metadata.annotations),
    ...ownerCauses(metadata.ownerReferences ?? []),
    ...finalizerCauses(metadata.finalizers ?? []),
  ];
}

function nameCauses(kind: Kind, name: string): StatusCause[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  return nameRuleOf(kind)(name).map((why) => invalidValue('metadata.name', name, why));
}

export function labelCauses(labels: unknown, field: string): StatusCause[] {
  return Object.entries(strings(labels)).flatMap(([key, value]) => [
    ...qualifiedName(key).map((why) => invalidValue(field, key, why)),
    ...labelValue(value).map((why) => invalidValue(field, value, why)),
  ]);
}

function annotationCauses(annotations: unknown): StatusCause[] {
  const entries = Object.entries(strings(annotations));
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((why) => invalidValue('metadata.annotations', key, why))),
    ...(size > ANNOTATIONS_LIMIT
      ? [
          {
            reason: 'FieldValueTooLong',
            message: `Too long: may not be more than ${String(ANNOTATIONS_LIMIT)} bytes`,
            field: 'metadata.annotations',
          },
        ]
      : []),
  ];
}

function ownerCauses(owners: readonly OwnerReference[]): StatusCause[] {
  const controllers = owners.filter((owner) => owner.controller === true);
  const [first, second] = controllers;
  const missing = owners.flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const).flatMap((key) =>
      asObject(owner)[key] === undefined || owner[key] === ''
        ? [
            invalidValue(
              `metadata.ownerReferences.${key}`,
              owner[key],
              key === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
            ),
          ]
        : [],
    ),
  );
  if (first === undefined || second === undefined) return missing;
  const why = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  return [...missing, invalidValue('metadata.ownerReferences', owners, why)];
}

function finalizerCauses(finalizers: readonly string[]): StatusCause[] {
  return finalizers.flatMap((one) => qualifiedName(one).map((why) => invalidValue('metadata.finalizers', one, why)));
}

/** An object that is being removed takes no new finalizers. */
export function validateMetadataUpdate(after: KubeObject, before: KubeObject): StatusCause[] {
  if (before.metadata.deletionTimestamp === undefined) return [];
  const added = (after.metadata.finalizers ?? []).filter((one) => before.metadata.finalizers?.includes(one) !== true);
  if (added.length === 0) return [];
  const list = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`;
  return [forbidden('metadata.finalizers', `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`)];
}
