/** The files that are made from code: the chart's CRD and the reference pages. */
import {stringify} from 'yaml';
import {renderCrd} from '../../src/api/crd.ts';
import {referencePages} from './reference.ts';

export interface GeneratedFile {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [{path: 'charts/resource-scaling-group/templates/crd.yaml', text: chartCrd()}, ...referencePages()];
}

/** A template, so that upgrades bring new fields; kept on uninstall, since deleting a CRD deletes every object of it. */
function chartCrd(): string {
  const crd = stringify(renderCrd(), {lineWidth: 0});
  const kept = crd.replace(/^metadata:\n/mu, 'metadata:\n  annotations:\n    helm.sh/resource-policy: keep\n');
  // What looks like a template in a description is text.
  return `{{- if .Values.crd.install }}\n${kept.replaceAll('{{', '{{ "{{" }}')}{{- end }}\n`;
}
