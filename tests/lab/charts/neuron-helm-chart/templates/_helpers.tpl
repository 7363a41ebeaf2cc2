{{/* The instance types that the chart knows: elsewhere its DaemonSets do not run. */}}
{{- define "neuron.affinity" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - key: node.kubernetes.io/instance-type
            operator: In
            values:
              - inf1.xlarge
              - inf1.2xlarge
              - inf1.6xlarge
              - inf1.24xlarge
              - inf2.xlarge
              - inf2.8xlarge
              - inf2.24xlarge
              - inf2.48xlarge
              - trn1.2xlarge
              - trn1.32xlarge
              - trn1n.32xlarge
              - trn2.3xlarge
              - trn2.48xlarge
              - trn2u.48xlarge
{{- end -}}

{{- define "neuron.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The combinations that the real chart refuses. */}}
{{- define "neuron.refuse" -}}
{{- if and .Values.scheduler.enabled (not .Values.devicePlugin.enabled) -}}
{{- fail "scheduler.enabled needs devicePlugin.enabled" -}}
{{- end -}}
{{- if and .Values.scheduler.enabled .Values.scheduler.customScheduler.enabled .Values.scheduler.defaultScheduler.enabled -}}
{{- fail "scheduler.customScheduler.enabled and scheduler.defaultScheduler.enabled exclude each other" -}}
{{- end -}}
{{- if and .Values.draDriver.enabled (or .Values.devicePlugin.enabled .Values.scheduler.enabled) -}}
{{- fail "draDriver.enabled excludes devicePlugin.enabled and scheduler.enabled" -}}
{{- end -}}
{{- end -}}
