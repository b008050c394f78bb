{{- define "snowmelt.notes" -}}
{{- $asset := include "snowmelt.asset" . -}}
{{- $name := include "snowmelt.fullname" . -}}
Snowmelt {{ .Values.image.tag | default .Chart.AppVersion }} reads {{ $asset }} as {{ include "snowmelt.kind" . }} {{ .Release.Namespace }}/{{ $name }}.

Is it ready, and what does it do:
  kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/instance={{ .Release.Name }}
  helm test {{ .Release.Name }} -n {{ .Release.Namespace }}
  kubectl -n {{ .Release.Namespace }} port-forward {{ lower (include "snowmelt.kind" .) }}/{{ $name }} {{ .Values.admin.port }}   # then http://127.0.0.1:{{ .Values.admin.port }}/
{{- if not .Values.admin.existingSecret }}
The page there and what operators may ask for want a token: put one into a Secret and name it as admin.existingSecret.
{{- end }}
{{- if eq $asset "kinesis" }}
{{- $table := include "snowmelt.leaseTable" . }}
{{- $region := .Values.aws.region | default "REGION" }}

The role of service account {{ include "snowmelt.serviceAccountName" . }} needs this policy (fill in REGION, ACCOUNT and the names of the streams):

{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:RegisterStreamConsumer", "kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"],
      "Resource": ["arn:aws:kinesis:{{ $region }}:ACCOUNT:stream/RAW", "arn:aws:kinesis:{{ $region }}:ACCOUNT:stream/RAW/consumer/*"]
    },
    {
      "Effect": "Allow",
      "Action": ["kinesis:DescribeStream", "kinesis:PutRecords"],
      "Resource": ["arn:aws:kinesis:{{ $region }}:ACCOUNT:stream/ENRICHED", "arn:aws:kinesis:{{ $region }}:ACCOUNT:stream/BAD"]
    },
    {
      "Effect": "Allow",
      "Action": [{{ if .Values.dynamodb.createTable }}"dynamodb:CreateTable", {{ end }}"dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
      "Resource": ["arn:aws:dynamodb:{{ $region }}:ACCOUNT:table/{{ $table }}"]
    }
  ]
}
{{- if not .Values.dynamodb.createTable }}

The lease table must be there before the first start: table {{ $table }}, partition key leaseKey of type S, on-demand capacity will do.
{{- end }}
{{- end }}

Moving over from Snowplow Enrich without a gap:
{{- if eq $asset "kinesis" }}
  1. Use the appName of Enrich: both share the lease table {{ include "snowmelt.leaseTable" . }}.
{{- else if eq $asset "kafka" }}
  1. Use the group.id of Enrich and the assignor range: both share the group and its positions.
{{- else }}
  1. Read the same input as Enrich.
{{- end }}
  2. Wait until these pods are ready and have work, then take pods of Enrich away one at a time, 30 s apart.
  3. Compare the rates of good and bad events. To roll back, go the same way in reverse.
  docs/migrate-from-snowplow-enrich.md tells the whole way.
{{- if or .Values.config.existingConfigMap .Values.config.existingSecret .Values.resolver.existingConfigMap .Values.resolver.existingSecret .Values.enrichments.existingConfigMap .Values.enrichments.existingConfigMaps .Values.enrichments.existingSecrets }}

ConfigMaps and Secrets of your own do not roll the pods when they change. The resolver and the enrichments are read again while running; for the application file: kubectl rollout restart {{ lower (include "snowmelt.kind" .) }}/{{ $name }}.
{{- end }}
{{- if regexMatch "(?i)(password|apikey|secret)\\\\*\"?\\s*[=:]\\s*\\\\*\"?[^\\s$\"\\\\{]" .Values.config.hocon }}

WARNING: config.hocon seems to hold a secret in plain text, and with it the ConfigMap {{ $name }}-config. Write ${NAME} outside of quotes instead, and set NAME under env from a Secret.
{{- end }}
{{- if or .Values.autoscaling.hpa.enabled .Values.autoscaling.keda.enabled }}

Pods beyond the number of {{ if eq $asset "kinesis" }}shards{{ else }}partitions{{ end }} have nothing to read: keep autoscaling max at or below it.
{{- end }}
{{- end -}}
