/** `autoscaling/v1` Scale as a kind: it is only ever seen through other kinds. */
import type {Kind} from '../kinds/kind.ts';
import {asKubeObject} from '../kinds/decode-object.ts';
import {AGE, NAME} from '../tables/columns.ts';

const type = {group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', namespaced: true} as const;

export const SCALE_KIND: Kind = {
  type,
  singular: '',
  shortNames: [],
  categories: [],
  hasStatus: false,
  initialStatus: undefined,
  scale: undefined,
  generation: 'none',
  graceful: false,
  requiresVersion: false,
  selectable: {},
  columns: [NAME, AGE],
  decode: (raw) => ({object: asKubeObject(type, raw), unknown: []}),
  defaults: (object) => object,
  validate: () => [],
  allocate: () => [],
  mergeType: {kind: 'ref', name: 'api.autoscaling.v1.Scale'},
};
