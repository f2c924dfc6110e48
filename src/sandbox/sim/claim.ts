/**
 * Which dependants a workload controls (controller_ref_manager.go): an orphan that its selector matches is adopted, one that it controls
 * and that no longer matches is released. A workload that is being deleted does neither. Pure.
 */
import type {KubeObject, ResourceType} from '../../api/objects.ts';
import {matches, type Selector} from './selector.ts';
import {controllerOf, controllerReference, isTerminating, withMetadata, type Write} from './write.ts';

export interface Claim {
  /** Controlled now, the adopted included. */
  readonly owned: readonly KubeObject[];
  readonly writes: readonly Write[];
}

export interface Claimant {
  readonly owner: KubeObject;
  readonly selector: Selector;
  /** A StatefulSet adopts only what has a name of its pods. */
  readonly isMember?: (object: KubeObject) => boolean;
}

export function claim({owner, selector, isMember = () => true}: Claimant, type: ResourceType, all: readonly KubeObject[]): Claim {
  const owned: KubeObject[] = [];
  const writes: Write[] = [];
  for (const object of all) {
    const controller = controllerOf(object);
    const wanted = matches(selector, object.metadata.labels) && isMember(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    if (controller !== undefined && wanted) {
      owned.push(object);
      continue;
    }
    if (isTerminating(owner) || isTerminating(object)) continue;
    const others = (object.metadata.ownerReferences ?? []).filter((reference) => reference !== controller);
    if (controller !== undefined) {
      writes.push({do: 'update', type, object: withMetadata(object, {ownerReferences: others})});
    } else if (wanted) {
      const adopted = withMetadata(object, {ownerReferences: [...others, controllerReference(owner)]});
      writes.push({do: 'update', type, object: adopted});
      owned.push(adopted);
    }
  }
  return {owned, writes};
}
