{{- /* The template of a pod, the same for both kinds of workload. */ -}}
{{- define "snowmelt.pod" -}}
metadata:
  annotations:
    {{- if and .Values.config.hocon .Values.config.rollOnChange }}
    checksum/config: {{ include "snowmelt.configData" . | sha256sum }}
    {{- end }}
    {{- if and .Values.resolver.rollOnChange (not (or .Values.resolver.existingConfigMap .Values.resolver.existingSecret)) }}
    checksum/resolver: {{ include "snowmelt.resolverData" . | sha256sum }}
    {{- end }}
    {{- if and .Values.enrichments.rollOnChange (include "snowmelt.ownEnrichments" .) }}
    checksum/enrichments: {{ include "snowmelt.enrichmentsData" . | sha256sum }}
    {{- end }}
    kubectl.kubernetes.io/default-container: snowmelt
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "snowmelt.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: enrich
    {{- if .Values.azure.workloadIdentity }}
    azure.workload.identity/use: "true"
    {{- end }}
    {{- with .Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  serviceAccountName: {{ include "snowmelt.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- if or .Values.initContainers .Values.enrichments.init.image }}
  initContainers:
    {{- if .Values.enrichments.init.image }}
    {{- include "snowmelt.fetchEnrichments" . | nindent 4 }}
    {{- end }}
    {{- with .Values.initContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    - name: snowmelt
      image: {{ include "snowmelt.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - --config
        - /snowplow/config/config.hocon
        - --iglu-config
        - /snowplow/config/resolver.json
        - --enrichments
        - /snowplow/enrichments
        - --admin
        - {{ printf "0.0.0.0:%v" .Values.admin.port | quote }}
        {{- range $path, $value := .Values.config.set }}
        - --set
        - {{ printf "%s=%s" $path (include "snowmelt.plain" $value) | quote }}
        {{- end }}
        {{- if eq (include "snowmelt.asset" .) "kinesis" }}
        - --set
        - input.createTable={{ .Values.dynamodb.createTable }}
        {{- end }}
        {{- if .Values.statsd.enabled }}
        {{- include "snowmelt.statsdArgs" . | nindent 8 }}
        {{- end }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      workingDir: {{ .Values.assets.path }}
      ports:
        - name: admin
          containerPort: {{ .Values.admin.port }}
          protocol: TCP
      env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        {{- if .Values.admin.existingSecret }}
        - name: SNOWMELT_ADMIN_TOKEN
          valueFrom:
            secretKeyRef:
              name: {{ .Values.admin.existingSecret }}
              key: {{ .Values.admin.key }}
        {{- end }}
        {{- if and .Values.statsd.enabled .Values.statsd.hostFromNode }}
        - name: NODE_IP
          valueFrom:
            fieldRef:
              fieldPath: status.hostIP
        {{- end }}
        {{- with .Values.aws.region }}
        - name: AWS_REGION
          value: {{ . | quote }}
        {{- end }}
        {{- with .Values.gcp.projectId }}
        - name: GOOGLE_CLOUD_PROJECT
          value: {{ . | quote }}
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- range $name := list "startup" "liveness" "readiness" }}
      {{- with index $.Values.probes $name }}
      {{- if .enabled }}
      {{ $name }}Probe:
        httpGet:
          path: {{ .path }}
          port: admin
        {{- toYaml (omit . "enabled" "path") | nindent 8 }}
      {{- end }}
      {{- end }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /snowplow/config
          readOnly: true
        - name: enrichments
          mountPath: /snowplow/enrichments
          readOnly: true
        - name: tmp
          mountPath: /tmp
        {{- if not .Values.assets.baked }}
        - name: assets
          mountPath: {{ .Values.assets.path }}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      projected:
        sources:
          {{- include "snowmelt.configSource" (list . .Values.config "config" "config.hocon") | nindent 10 }}
          {{- include "snowmelt.configSource" (list . .Values.resolver "resolver" "resolver.json") | nindent 10 }}
    - name: enrichments
      {{- if .Values.enrichments.init.image }}
      emptyDir:
        sizeLimit: 16Mi
      {{- else }}
      projected:
        sources:
          {{- if include "snowmelt.ownEnrichments" . }}
          - configMap:
              name: {{ include "snowmelt.fullname" . }}-enrichments
          {{- end }}
          {{- range compact (concat (list .Values.enrichments.existingConfigMap) .Values.enrichments.existingConfigMaps) }}
          - configMap:
              name: {{ . }}
          {{- end }}
          {{- range .Values.enrichments.existingSecrets }}
          - secret:
              name: {{ . }}
          {{- end }}
      {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: {{ .Values.tmp.sizeLimit }}
    {{- with .Values.assets }}
    {{- if and (not .baked) (not .pvc.enabled) }}
    - name: assets
      emptyDir:
        sizeLimit: {{ .emptyDir.sizeLimit }}
    {{- else if and (not .baked) (or .pvc.existingClaim (eq (include "snowmelt.kind" $) "Deployment")) }}
    - name: assets
      persistentVolumeClaim:
        claimName: {{ .pvc.existingClaim | default (printf "%s-assets" (include "snowmelt.fullname" $)) }}
    {{- end }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
  {{- else if .Values.spreadByZone }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "snowmelt.selectorLabels" . | nindent 10 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* One file of the projected volume: from the chart's ConfigMap, or from one that exists. */ -}}
{{- define "snowmelt.configSource" -}}
{{- $root := index . 0 -}}
{{- $from := index . 1 -}}
- {{ if $from.existingSecret }}secret{{ else }}configMap{{ end }}:
    name: {{ coalesce $from.existingSecret $from.existingConfigMap (printf "%s-%s" (include "snowmelt.fullname" $root) (index . 2)) }}
    items:
      - key: {{ $from.key }}
        path: {{ index . 3 }}
{{- end -}}

{{- define "snowmelt.statsdArgs" -}}
{{- with .Values.statsd -}}
- --set
- {{ printf "monitoring.metrics.statsd.hostname=%s" (ternary "$(NODE_IP)" .host .hostFromNode) | quote }}
- --set
- {{ printf "monitoring.metrics.statsd.port=%v" .port | quote }}
- --set
- {{ printf "monitoring.metrics.statsd.period=%s" .period | quote }}
{{- if .prefix }}
- --set
- {{ printf "monitoring.metrics.statsd.prefix=%s" .prefix | quote }}
{{- end }}
{{- range $name, $value := .tags }}
- --set
- {{ printf "monitoring.metrics.statsd.tags.%q=%s" $name (include "snowmelt.plain" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "snowmelt.fetchEnrichments" -}}
- name: fetch-enrichments
  image: {{ .Values.enrichments.init.image | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- with .Values.enrichments.init.s3 }}
  command: [aws, s3, cp, --recursive, {{ . | quote }}, /snowplow/enrichments, --exclude, "*", --include, "*.json", --include, "*.hocon"]
  {{- end }}
  {{- with .Values.enrichments.init.gcs }}
  command: [gcloud, storage, cp, {{ printf "%s/*.json" (trimSuffix "/" .) | quote }}, /snowplow/enrichments/]
  {{- end }}
  env:
    # the tools keep state in the home folder
    - name: HOME
      value: /tmp
    {{- with .Values.aws.region }}
    - name: AWS_REGION
      value: {{ . | quote }}
    {{- end }}
  {{- with .Values.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    {{- toYaml .Values.enrichments.init.resources | nindent 4 }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    - name: enrichments
      mountPath: /snowplow/enrichments
    - name: tmp
      mountPath: /tmp
{{- end -}}
