{{- define "snowmelt.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "snowmelt.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "snowmelt.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "snowmelt.selectorLabels" -}}
app.kubernetes.io/name: {{ include "snowmelt.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "snowmelt.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "snowmelt.selectorLabels" . }}
app.kubernetes.io/component: enrich
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Name and labels of an object; a suffix may be added to the name. Call with (list $ "suffix"). */ -}}
{{- define "snowmelt.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "snowmelt.fullname" $root }}{{ with index . 1 }}-{{ . }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "snowmelt.labels" $root | nindent 2 }}
{{- end -}}

{{- define "snowmelt.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "snowmelt.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "snowmelt.image" -}}
{{- $repository := required "image.repository is empty: set it to where your registry holds the image" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* The stream that is read: as set, else by the first telling key of the input block. */ -}}
{{- define "snowmelt.asset" -}}
{{- if .Values.asset -}}
{{- .Values.asset -}}
{{- else -}}
{{- $keys := dict "streamName" "kinesis" "topicName" "kafka" "subscription" "pubsub" "lookupHost" "nsq" "cluster" "rabbitmq" "dir" "file" -}}
{{- $text := regexReplaceAll "(?m)(^|\\s)(#|//).*$" .Values.config.hocon "" -}}
{{- $found := regexFind "(?s)\\binput\\b.*?\\b(streamName|topicName|subscription|lookupHost|cluster|dir)\\b" $text -}}
{{- $asset := get $keys (regexFind "\\w+$" $found) -}}
{{- required "asset is empty and config.hocon does not tell what is read: set asset to kinesis, kafka, pubsub, nsq, rabbitmq or file" $asset -}}
{{- end -}}
{{- end -}}

{{- define "snowmelt.kind" -}}
{{- if .Values.workload.kind -}}
{{- .Values.workload.kind -}}
{{- else if eq (include "snowmelt.asset" .) "kinesis" -}}
StatefulSet
{{- else -}}
Deployment
{{- end -}}
{{- end -}}

{{- define "snowmelt.text" -}}
{{- if kindIs "string" . -}}{{ . }}{{- else -}}{{ toPrettyJson . }}{{- end -}}
{{- end -}}

{{- /* A scalar as it was written: Helm would print ten million as 1e+07. */ -}}
{{- define "snowmelt.plain" -}}
{{- if kindIs "string" . -}}{{ . }}{{- else -}}{{ toJson . }}{{- end -}}
{{- end -}}

{{- /* What cannot work is refused before anything is made. */ -}}
{{- define "snowmelt.check" -}}
{{- $config := compact (list .Values.config.hocon .Values.config.existingConfigMap .Values.config.existingSecret) -}}
{{- if ne (len $config) 1 -}}
{{- fail "give one of config.hocon, config.existingConfigMap and config.existingSecret" -}}
{{- end -}}
{{- if and .Values.resolver.existingConfigMap .Values.resolver.existingSecret -}}
{{- fail "give resolver.existingConfigMap or resolver.existingSecret, not both" -}}
{{- end -}}
{{- if and .Values.autoscaling.hpa.enabled .Values.autoscaling.keda.enabled -}}
{{- fail "autoscaling.hpa and autoscaling.keda cannot both be enabled: KEDA makes an autoscaler itself" -}}
{{- end -}}
{{- with .Values.enrichments -}}
{{- if .init.image -}}
{{- if or .files .existingConfigMap .existingConfigMaps .existingSecrets -}}
{{- fail "enrichments.init.image fetches all files: leave the other settings of enrichments empty" -}}
{{- end -}}
{{- if ne (len (compact (list .init.s3 .init.gcs))) 1 -}}
{{- fail "enrichments.init.image needs one of enrichments.init.s3 and enrichments.init.gcs" -}}
{{- end -}}
{{- end -}}
{{- range $name, $content := .files -}}
{{- if not (regexMatch "^[-._a-zA-Z0-9]+\\.(json|hocon)$" $name) -}}
{{- fail (printf "enrichments.files: %s must end in .json or .hocon, others are not read" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.assets.pvc -}}
{{- if and .enabled (not .existingClaim) (not (has "ReadWriteMany" .accessModes)) (eq (include "snowmelt.kind" $) "Deployment") -}}
{{- fail "the pods of a Deployment share one volume: set assets.pvc.accessModes to [ReadWriteMany], or workload.kind to StatefulSet" -}}
{{- end -}}
{{- end -}}
{{- if .Values.statsd.enabled -}}
{{- if not (or .Values.statsd.hostFromNode .Values.statsd.host) -}}
{{- fail "statsd.enabled needs statsd.host or statsd.hostFromNode" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "snowmelt.configData" -}}
{{ .Values.config.key }}: |
  {{- if .Values.config.tpl }}
  {{- tpl .Values.config.hocon . | nindent 2 }}
  {{- else }}
  {{- .Values.config.hocon | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "snowmelt.resolverData" -}}
{{ .Values.resolver.key }}: |
  {{- include "snowmelt.text" (.Values.resolver.json | default (.Files.Get "files/resolver.json")) | nindent 2 }}
{{- end -}}

{{- define "snowmelt.enrichmentsData" -}}
{{- range $name, $content := .Values.enrichments.files -}}
{{ $name }}: |
  {{- include "snowmelt.text" $content | nindent 2 }}
{{ end -}}
{{- end -}}

{{- /* Whether the chart makes the ConfigMap of the enrichments: also an empty one, the folder must be there. */ -}}
{{- define "snowmelt.ownEnrichments" -}}
{{- with .Values.enrichments -}}
{{- if and (not .init.image) (or .files (not (or .existingConfigMap .existingConfigMaps .existingSecrets))) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The lease table of Kinesis: as set, else the appName of the file, else the program's default. */ -}}
{{- define "snowmelt.leaseTable" -}}
{{- if .Values.dynamodb.tableName -}}
{{- .Values.dynamodb.tableName -}}
{{- else -}}
{{- $line := regexFind "\\bappName\"?\\s*[=:]\\s*\"?[^\"\\s,}]+" .Values.config.hocon -}}
{{- regexReplaceAll "^appName\"?\\s*[=:]\\s*\"?" $line "" | default "snowplow-enrich-kinesis" -}}
{{- end -}}
{{- end -}}
