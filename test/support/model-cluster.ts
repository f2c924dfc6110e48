/** A cluster in memory, as much of it as `decide` can see: it performs actions the way `act.ts` and the API server do, or dies in between. */
import {ANNOTATIONS, FINALIZER, LABELS} from '../../src/api/labels.ts';
import type {KubeObject, ResourceType} from '../../src/api/objects.ts';
import type {Rsg} from '../../src/api/schema.ts';
import {sourceName} from '../../src/controller/clone.ts';
import {differences} from '../../src/controller/difference.ts';
import {decide} from '../../src/controller/decide.ts';
import type {Action, Clone, CloneChange, Decision, Finding, GroupReadings, Live, Refusal, Snapshot} from '../../src/controller/model.ts';
import {removalsText} from '../../src/controller/removal-marks.ts';
import {asObject} from '../../src/api/json.ts';
import {withHistory} from '../../src/controller/untold.ts';
import {withAllReady} from '../../src/api/workload-status.ts';
import {modelRsg, NAMESPACE, withLabels} from './model-objects.ts';

export const DEPLOYMENT: ResourceType = {group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true};

export interface ModelOptions {
  readonly ratio: readonly number[];
  readonly spec?: object;
  /** Of every workload; a Deployment unless given. */
  readonly type?: ResourceType;
}

export class ModelCluster {
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly workloads = new Map<string, KubeObject>();
  readonly refusals = new Map<string, Refusal>();
  readonly findings = new Map<string, Finding>();
  revisions: KubeObject[] = [];
  /** None, unless a test says which. */
  pods: Snapshot['pods'] = [];
  readonly readings = new Map<string, GroupReadings>();
  /** Names of members that the API server refuses. */
  refused: (name: string) => boolean = () => false;
  rsg: Rsg;
  #serial = 0;
  readonly ratio: readonly number[];
  readonly #type: ResourceType;

  constructor({ratio, spec = {}, type = DEPLOYMENT}: ModelOptions) {
    this.ratio = ratio;
    this.#type = type;
    this.rsg = modelRsg(ratio, {spec, kind: type.kind});
    ratio.forEach((replicas, at) => {
      this.put(this.workload(`member${String(at)}`, replicas));
    });
    this.becomeReady();
  }

  workload(name: string, replicas: number): KubeObject {
    const labels = {app: name};
    const spec = {replicas, selector: {matchLabels: labels}, template: {metadata: {labels}, spec: {containers: []}}};
    return {apiVersion: 'apps/v1', kind: this.#type.kind, metadata: {name, namespace: NAMESPACE, labels}, spec};
  }

  put(object: KubeObject): void {
    this.#serial += 1;
    const {uid = `uid-${String(this.#serial)}`, generation = 1} = object.metadata;
    const metadata = {...object.metadata, uid, generation, resourceVersion: String(this.#serial)};
    this.workloads.set(object.metadata.name, {...object, metadata});
  }

  /** Every controller catches up: pods run, and what is being deleted is gone. */
  becomeReady(): void {
    for (const [name, object] of this.workloads) {
      if (object.metadata.deletionTimestamp !== undefined) {
        this.workloads.delete(name);
        continue;
      }
      this.workloads.set(name, withAllReady({type: this.#type, object}));
    }
  }

  get clones(): Clone[] {
    return [...this.workloads.values()].flatMap((object) => {
      const {labels = {}, annotations = {}} = object.metadata;
      if (labels[LABELS.rsgUid] === undefined) return [];
      return [
        {
          type: this.#type,
          object,
          group: labels[LABELS.group] ?? '',
          role: labels[LABELS.role] ?? '',
          source: annotations[ANNOTATIONS.source] ?? '',
        },
      ];
    });
  }

  snapshot(): Snapshot {
    const clones = this.clones;
    const originals = this.rsg.spec.group.targetResources.map((target) => {
      const object = this.workloads.get(target.name);
      const base = {role: target.role ?? '', namespace: NAMESPACE, name: target.name, kind: this.#type.kind, type: this.#type};
      return object === undefined ? {...base, problem: {reason: 'TargetNotFound', message: 'gone'}} : {...base, object};
    });
    const claimed = [...this.workloads.values()].filter((object) => object.metadata.labels?.[LABELS.claimedBy] === this.rsg.metadata.uid);
    const ours = new Set(clones.map(({object}) => object));
    return {
      rsg: this.rsg,
      targets: originals,
      claimed: claimed.map((object): Live => ({type: this.#type, object})),
      clones,
      pods: this.pods,
      autoscalers: [],
      services: [],
      companions: {originals: [], clones: []},
      foreign: new Set([...this.workloads.values()].filter((object) => !ours.has(object)).map(sourceName)),
      refusals: this.refusals,
      failedCreates: new Map(),
      findings: this.findings,
      contests: new Map(),
      revisions: this.revisions,
      readings: this.readings,
      readingIntervalMs: 15_000,
      highestVolumeIndex: 0,
    };
  }

  /**
   * One reconcile: rounds of deciding and acting, then the status. With `diesAfter` the controller is gone after so many writes, the one of
   * the status among them, with all that it only remembered. `see` is shown every decision before it is acted on.
   */
  reconcile(see: (decision: Decision, snapshot: Snapshot) => void = () => undefined, diesAfter = Number.POSITIVE_INFINITY): Decision {
    let writes = 0;
    let history: Rsg['status']['history'];
    for (let round = 0; ; round += 1) {
      if (round > 100) throw new Error('the rounds do not end');
      const stored = this.snapshot();
      const snapshot = {...stored, ...withHistory(stored.rsg, history)};
      const decision = decide(snapshot, this.now);
      see(decision, stored);
      if (decision.actions.length === 0) {
        if (writes === diesAfter) {
          this.forgetMemory();
          return decision;
        }
        this.rsg = {...this.rsg, status: decision.status};
        return decision;
      }
      history = decision.status.history;
      for (const action of decision.actions) {
        for (const write of this.#writes(action)) {
          if (writes === diesAfter) {
            this.forgetMemory();
            return decision;
          }
          writes += 1;
          write();
        }
      }
    }
  }

  /** An action as the single writes that a crash may separate. */
  #writes(action: Action): (() => void)[] {
    const {metadata} = this.rsg;
    switch (action.do) {
      case 'finalizer':
        return [() => (this.rsg = {...this.rsg, metadata: {...metadata, finalizers: action.present ? [FINALIZER] : []}})];
      case 'reserve':
        return [() => (this.rsg = {...this.rsg, status: action.status})];
      case 'mark': {
        const {[ANNOTATIONS.removing]: _before, ...others} = metadata.annotations ?? {};
        const text = removalsText(action.removing);
        const annotations = text === null ? others : {...others, [ANNOTATIONS.removing]: text};
        return [() => (this.rsg = {...this.rsg, metadata: {...metadata, annotations}})];
      }
      case 'claim':
        return [
          () => {
            this.#change(action.on, {labels: {...action.on.object.metadata.labels, [LABELS.claimedBy]: metadata.uid}});
          },
        ];
      case 'release':
        return [
          () => {
            this.#change(action.on, {labels: {app: action.on.object.metadata.name}});
          },
        ];
      case 'park':
        return [
          () => {
            this.#change(
              action.on,
              {annotations: {[ANNOTATIONS.parkedReplicas]: String(action.replicas), [ANNOTATIONS.parkContests]: String(action.contests)}},
              0,
            );
          },
        ];
      case 'restore':
        return [
          () => {
            this.#change(action.on, {annotations: {}}, action.replicas);
          },
        ];
      case 'create':
        return action.groups.map(({id, members}) => () => {
          this.#create(id, members);
        });
      case 'delete':
      case 'replace':
        return action.clones.map(({object}) => () => {
          this.#delete(object);
        });
      case 'labelPod':
        return [
          () => {
            this.pods = withLabels(this.pods, action);
          },
        ];
      case 'disown':
      case 'companions':
        return [];
      default:
        return this.#syncWrites(action);
    }
  }

  #syncWrites(action: Extract<Action, {do: 'check' | 'update' | 'remember' | 'forget'}>): (() => void)[] {
    switch (action.do) {
      case 'check':
        return action.clones.map((change) => () => {
          this.#check(change);
        });
      case 'update':
        return action.clones.map((change) => () => {
          this.#update(change);
        });
      case 'remember':
        return [
          () =>
            (this.revisions = [...this.revisions.filter(({metadata: {name}}) => name !== action.revision.metadata.name), action.revision]),
        ];
      case 'forget':
        return [() => (this.revisions = this.revisions.filter((one) => !action.revisions.includes(one)))];
    }
  }

  /** What a controller that is started anew does not know. */
  forgetMemory(): void {
    this.refusals.clear();
    this.findings.clear();
  }

  #delete(object: KubeObject): void {
    this.put({...object, metadata: {...object.metadata, deletionTimestamp: new Date(this.now).toISOString()}});
  }

  #check({clone: {object}, wanted}: CloneChange): void {
    const fields = differences(object['spec'], wanted['spec'], 'spec');
    this.#learn(object, wanted, fields.includes('spec.selector') ? {fields, immutable: true} : {fields});
  }

  /** A selector cannot be changed. */
  #update({clone: {object}, wanted}: CloneChange): void {
    const fields = differences(object['spec'], wanted['spec'], 'spec');
    if (fields.some((field) => field.startsWith('spec.selector'))) {
      this.#learn(object, wanted, {fields, immutable: true});
      return;
    }
    const generation = (object.metadata.generation ?? 0) + (fields.length > 0 ? 1 : 0);
    this.put({...wanted, metadata: {...wanted.metadata, generation}});
    const stored = this.workloads.get(object.metadata.name);
    if (stored !== undefined) this.#learn(stored, wanted, {fields: []});
  }

  #learn({metadata: {uid = '', generation = 0}}: KubeObject, {metadata}: KubeObject, found: Pick<Finding, 'fields' | 'immutable'>): void {
    this.findings.set(uid, {generation, hash: metadata.annotations?.[ANNOTATIONS.sourceHash] ?? '', ...found});
  }

  #create(group: string, members: readonly Live[]): void {
    const refused = members.find(({object}) => this.refused(object.metadata.name));
    if (refused !== undefined) {
      this.refusals.set(group, {message: `${refused.object.metadata.name} is refused`, ofPods: false, retryAt: this.now + 2000});
      return;
    }
    this.refusals.delete(group);
    for (const {object} of members) {
      if (this.workloads.has(object.metadata.name)) continue;
      this.put(object);
      const stored = this.workloads.get(object.metadata.name);
      if (stored !== undefined) this.#learn(stored, stored, {fields: []});
    }
  }

  #change({object}: Live, metadata: object, replicas?: number): void {
    const live = this.workloads.get(object.metadata.name);
    if (live?.metadata.resourceVersion !== object.metadata.resourceVersion) throw new Error('a write from before the last one');
    const generation = (object.metadata.generation ?? 0) + (replicas === undefined ? 0 : 1);
    const spec = {...asObject(object['spec']), ...(replicas === undefined ? {} : {replicas})};
    this.put({...object, metadata: {...object.metadata, ...metadata, generation}, spec});
  }
}
