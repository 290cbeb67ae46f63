{{- define "falco-dispatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "falco-dispatch.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "falco-dispatch.labels" -}}
{{ include "falco-dispatch.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "falco-dispatch.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "falco-dispatch.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "falco-dispatch.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "falco-dispatch.port" -}}
{{ ternary "https" "http" .Values.tls.enabled }}
{{- end -}}

{{/* Stop where the values cannot work, with what to do. */}}
{{- define "falco-dispatch.validate" -}}
{{- $credential := .Values.credential -}}
{{- $credentials := compact (list $credential.token.existingSecret $credential.app.existingSecret $credential.sts.url) -}}
{{- if ne (len $credentials) 1 -}}
{{- fail "set exactly one of credential.token.existingSecret, credential.app.existingSecret and credential.sts.url" -}}
{{- end -}}
{{- if and $credential.app.existingSecret (not $credential.app.id) -}}
{{- fail "credential.app.existingSecret needs credential.app.id, the GitHub App's client ID" -}}
{{- end -}}
{{- if and $credential.sts.url (not (and $credential.sts.identity $credential.sts.audience)) -}}
{{- fail "credential.sts.url needs credential.sts.identity, the trust policy's name, and credential.sts.audience" -}}
{{- end -}}
{{- if eq (not .Values.callers.existingSecret) (not .Values.relay.allowAnonymous) -}}
{{- fail "set callers.existingSecret, or for a trial relay.allowAnonymous, not both" -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.tls.existingSecret) -}}
{{- fail "set tls.existingSecret, a Secret of type kubernetes.io/tls; or tls.enabled=false behind something that has a certificate" -}}
{{- end -}}
{{- if and .Values.tls.clientCA.existingSecret (not .Values.tls.enabled) -}}
{{- fail "tls.clientCA needs tls.enabled" -}}
{{- end -}}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.outbox.nats.existingSecret) -}}
{{- fail "replicaCount over 1 needs outbox.nats.existingSecret: an SQLite outbox has one writer" -}}
{{- end -}}
{{- end -}}

{{- define "falco-dispatch.env" -}}
- name: RELAY_REPOSITORY
  value: {{ .Values.relay.repository | quote }}
- name: RELAY_DISPATCH
  value: {{ .Values.relay.dispatch }}
{{- with .Values.relay.workflow }}
- name: RELAY_WORKFLOW
  value: {{ . | quote }}
{{- end }}
{{- with .Values.relay.ref }}
- name: RELAY_REF
  value: {{ . | quote }}
{{- end }}
{{- with .Values.relay.githubApiUrl }}
- name: RELAY_GITHUB_API_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.credential.token.existingSecret }}
- name: RELAY_GITHUB_TOKEN_FILE
  value: /run/secrets/github/{{ .Values.credential.token.key }}
{{- end }}
{{- if .Values.credential.app.existingSecret }}
- name: RELAY_GITHUB_APP_ID
  value: {{ .Values.credential.app.id | quote }}
- name: RELAY_GITHUB_APP_PRIVATE_KEY_FILE
  value: /run/secrets/github/{{ .Values.credential.app.key }}
{{- end }}
{{- with .Values.credential.sts }}
{{- if .url }}
- name: RELAY_STS_URL
  value: {{ .url | quote }}
- name: RELAY_STS_IDENTITY
  value: {{ .identity | quote }}
- name: RELAY_STS_TOKEN_FILE
  value: /run/secrets/sts/token
{{- end }}
{{- end }}
{{- if .Values.relay.allowAnonymous }}
- name: RELAY_ALLOW_ANONYMOUS
  value: "true"
{{- else }}
- name: RELAY_TOKENS_FILE
  value: /run/secrets/callers/{{ .Values.callers.key }}
{{- end }}
- name: RELAY_HOST
  value: 0.0.0.0
- name: RELAY_PORT
  value: "8080"
{{- if .Values.tls.enabled }}
- name: RELAY_TLS_CERT_FILE
  value: /run/secrets/tls/tls.crt
- name: RELAY_TLS_KEY_FILE
  value: /run/secrets/tls/tls.key
{{- if .Values.tls.clientCA.existingSecret }}
- name: RELAY_TLS_CLIENT_CA_FILE
  value: /run/secrets/client-ca/{{ .Values.tls.clientCA.key }}
{{- end }}
{{- end }}
- name: RELAY_OUTBOX
{{- if .Values.outbox.nats.existingSecret }}
  valueFrom:
    secretKeyRef:
      name: {{ .Values.outbox.nats.existingSecret }}
      key: {{ .Values.outbox.nats.key }}
{{- else }}
  value: sqlite:/var/lib/relay/relay.db
{{- end }}
{{- with .Values.relay.minPriority }}
- name: RELAY_MIN_PRIORITY
  value: {{ . | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.relay.coalesceSeconds) }}
- name: RELAY_COALESCE_SECONDS
  value: {{ .Values.relay.coalesceSeconds | toString | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.relay.maxBacklog) }}
- name: RELAY_MAX_BACKLOG
  value: {{ .Values.relay.maxBacklog | int64 | toString | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.relay.maxConnections) }}
- name: RELAY_MAX_CONNECTIONS
  value: {{ .Values.relay.maxConnections | int64 | toString | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.relay.maxConnectionsPerAddress) }}
- name: RELAY_MAX_CONNECTIONS_PER_ADDRESS
  value: {{ .Values.relay.maxConnectionsPerAddress | int64 | toString | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.relay.minIntervalSeconds) }}
- name: RELAY_MIN_INTERVAL_SECONDS
  value: {{ .Values.relay.minIntervalSeconds | toString | quote }}
{{- end }}
- name: RELAY_LOG_FORMAT
  value: {{ .Values.relay.logFormat }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A probe's way to ask: the kubelet has no certificate, so that with mutual TLS it only sees that the port is open. */}}
{{- define "falco-dispatch.probe" -}}
{{- if .Values.tls.clientCA.existingSecret -}}
tcpSocket:
  port: https
{{- else -}}
httpGet:
  path: {{ .path }}
  port: {{ include "falco-dispatch.port" . }}
  scheme: {{ include "falco-dispatch.port" . | upper }}
{{- end -}}
{{- end -}}

{{- define "falco-dispatch.pod" -}}
metadata:
  labels:
    {{- include "falco-dispatch.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "falco-dispatch.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 20
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
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
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if .Values.outbox.nats.existingSecret }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "falco-dispatch.selectorLabels" . | nindent 10 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: relay
      image: {{ include "falco-dispatch.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- include "falco-dispatch.env" . | nindent 8 }}
      ports:
        - name: {{ include "falco-dispatch.port" . }}
          containerPort: 8080
          protocol: TCP
      {{- if .Values.outbox.nats.existingSecret }}
      lifecycle:
        preStop:
          sleep:
            seconds: 5
      {{- end }}
      startupProbe:
        {{- include "falco-dispatch.probe" (merge (dict "path" "/healthz") .) | nindent 8 }}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 60
      livenessProbe:
        {{- include "falco-dispatch.probe" (merge (dict "path" "/healthz") .) | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        {{- include "falco-dispatch.probe" (merge (dict "path" "/readyz") .) | nindent 8 }}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop:
            - ALL
      volumeMounts:
        {{- if not .Values.outbox.nats.existingSecret }}
        - name: outbox
          mountPath: /var/lib/relay
        {{- end }}
        {{- range $name, $_ := include "falco-dispatch.secrets" . | fromYaml }}
        - name: {{ $name }}
          mountPath: /run/secrets/{{ $name }}
          readOnly: true
        {{- end }}
        {{- if .Values.credential.sts.url }}
        - name: sts
          mountPath: /run/secrets/sts
          readOnly: true
        {{- end }}
  volumes:
    {{- range $name, $secret := include "falco-dispatch.secrets" . | fromYaml }}
    - name: {{ $name }}
      secret:
        secretName: {{ $secret }}
        defaultMode: 0440
    {{- end }}
    {{- if .Values.credential.sts.url }}
    - name: sts
      projected:
        defaultMode: 0440
        sources:
          - serviceAccountToken:
              audience: {{ .Values.credential.sts.audience }}
              expirationSeconds: {{ .Values.credential.sts.expirationSeconds | int64 }}
              path: token
    {{- end }}
{{- end -}}

{{/* The Secrets that are mounted, by the name of their volume. */}}
{{- define "falco-dispatch.secrets" -}}
{{- with coalesce .Values.credential.token.existingSecret .Values.credential.app.existingSecret }}
github: {{ . }}
{{- end }}
{{- with .Values.callers.existingSecret }}
callers: {{ . }}
{{- end }}
{{- if .Values.tls.enabled }}
tls: {{ .Values.tls.existingSecret }}
{{- end }}
{{- with .Values.tls.clientCA.existingSecret }}
client-ca: {{ . }}
{{- end }}
{{- end -}}
