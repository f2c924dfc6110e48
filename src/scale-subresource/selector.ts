/** The selector that `/scale` reports: at most one pod per group carries the label, since HPA multiplies by the pods it matches. */
import {LABELS, labelValue} from '../api/labels.ts';

export function scaleSelector(rsgName: string): string {
  return `${LABELS.representative}=${labelValue(rsgName)}`;
}
