{{- define "rsg.fullname" -}}
{{- if contains "rsg" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-rsg" (.Release.Name | trunc 36 | trimSuffix "-") }}{{ end }}
{{- end }}
{{- define "rsg.controller" -}}{{ include "rsg.fullname" . }}-controller{{- end }}
{{- define "rsg.adapter" -}}{{ include "rsg.fullname" . }}-metrics-adapter{{- end }}

{{/* The Deployment that the adapter runs in. */}}
{{- define "rsg.adapterComponent" -}}{{ if eq .Values.mode "all" }}controller{{ else }}metrics-adapter{{ end }}{{- end }}
{{- define "rsg.adapterAccount" -}}{{ if eq .Values.mode "all" }}{{ include "rsg.controller" . }}{{ else }}{{ include "rsg.adapter" . }}{{ end }}{{- end }}

{{- define "rsg.selector" -}}
app.kubernetes.io/name: resource-scaling-group
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- define "rsg.labels" -}}
{{ include "rsg.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "rsg.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "rsg.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "rsg.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The file of --kind-declarations; empty where every kind is known. */}}
{{- define "rsg.declarations" -}}
{{- $kinds := list }}
{{- range .Values.targetKinds }}{{ if .declaration }}{{ $kinds = append $kinds (merge (dict "group" .group "kind" .kind) .declaration) }}{{ end }}{{ end }}
{{- if $kinds }}{{ toYaml (dict "kinds" $kinds) }}{{ end }}
{{- end }}
{{- define "rsg.declarationsName" -}}{{ include "rsg.fullname" . }}-kinds{{- end }}
{{- define "rsg.declarationsFile" -}}/etc/rsg/kinds.yaml{{- end }}

{{- define "rsg.controllerArgs" -}}
- --leader-elect=true
- --lease-namespace={{ .Release.Namespace }}
- --target-kinds={{ $kinds := list }}{{ range .Values.targetKinds }}{{ if not .declaration }}{{ $kinds = append $kinds (printf "%s.%s" .kind .group) }}{{ end }}{{ end }}{{ join "," $kinds }}
{{- if and .Values.metricsAdapter.enabled (eq .Values.mode "split") }}
- --metrics-adapter-url=http://{{ include "rsg.adapter" . }}.{{ .Release.Namespace }}.svc:8081
{{- end }}
{{- with .Values.crossNamespaces }}
- --allow-cross-namespace={{ join "," . }}
{{- end }}
{{- end }}
{{- define "rsg.sourceArgs" -}}
- --scrape-interval={{ .Values.metricsAdapter.scrapeInterval }}
- --min-coverage={{ .Values.metricsAdapter.minCoverage }}
{{- if .Values.metricsAdapter.allowHostNetwork }}
- --allow-host-network=true
{{- end }}
{{- with .Values.metricsAdapter.prometheusUrl }}
- --prometheus-url={{ . }}
{{- end }}
{{- end }}
{{- define "rsg.servingArgs" -}}
- --secure-address=0.0.0.0:6443
- --keda-address=0.0.0.0:9090
{{- if .Values.metricsAdapter.kedaTls }}
- --keda-tls=true
{{- end }}
{{- if eq .Values.certificates.source "cert-manager" }}
- --tls-cert-file=/tls/tls.crt
- --tls-key-file=/tls/tls.key
{{- else }}
- --tls-secret={{ .Release.Namespace }}/{{ include "rsg.adapter" . }}-tls
- --tls-names={{ include "rsg.adapter" . }}.{{ .Release.Namespace }}.svc
{{- end }}
{{- end }}
{{- define "rsg.commonArgs" -}}
- --http-address=0.0.0.0:8081
{{- with .Values.watchNamespace }}
- --watch-namespace={{ . }}
{{- end }}
{{- if include "rsg.declarations" . }}
- --kind-declarations={{ include "rsg.declarationsFile" . }}
{{- end }}
{{- end }}

{{/* Whether to register an APIService: "yes" or "no". Fails for true where somebody else has it. */}}
{{- define "rsg.registers" -}}
{{- $found := lookup "apiregistration.k8s.io/v1" "APIService" "" .name -}}
{{- $meta := dict }}{{ if $found }}{{ $meta = $found.metadata.annotations | default dict }}{{ end -}}
{{- $ours := and (eq (index $meta "meta.helm.sh/release-name" | default "") .root.Release.Name) (eq (index $meta "meta.helm.sh/release-namespace" | default "") .root.Release.Namespace) -}}
{{- $mode := toString .mode -}}
{{- if eq $mode "false" }}no
{{- else if or (not $found) $ours }}yes
{{- else if eq $mode "true" }}{{ fail (printf "\n\n%s belongs to somebody else (%s), and only one can serve that API. Nothing was changed.\nSet apiService.%s to auto or false, and use KEDA's own doors or Object metrics (docs/guides/keda.md).\n" .name (printf "Service %s" (dig "spec" "service" "name" "unknown" $found)) .key) }}
{{- else }}no
{{- end -}}
{{- end }}
