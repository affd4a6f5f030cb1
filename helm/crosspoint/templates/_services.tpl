{{/*
What the templates know of each service; everything else is the same for all.
  key        where its values are
  peers      which services it calls: its configuration, its certificate's use and every network policy follow from this
  requires   those of them that it does not start without
  bus        takes part in the event bus, with the other replicas of the same service
  mailboxes  speaks with Exchange, so it gets the tenants' secrets and the way out
  single     keeps files on a disk, which several replicas have in common only where persistence.accessMode is ReadWriteMany
*/}}
{{- define "crosspoint.table" -}}
directory: {key: directory, bus: true, mailboxes: true, peers: [presence], requires: []}
presence: {key: presence, bus: true, peers: [directory], requires: []}
meeting-sync: {key: meetingSync, mailboxes: true, peers: [directory, presence], requires: [directory, presence]}
voicemail: {key: voicemail, mailboxes: true, single: true, peers: [directory, meeting-sync, contact, gateway], requires: [directory, meeting-sync]}
contact: {key: contact, bus: true, mailboxes: true, peers: [directory, meeting-sync], requires: [directory, meeting-sync]}
gateway: {key: gateway, peers: [directory, presence, meeting-sync, voicemail, contact], requires: [directory]}
{{- end }}

{{/* YAML of the table's rows that are switched on, each with `name` and, in `values`, the service's values over the defaults. */}}
{{- define "crosspoint.services" -}}
{{- $rows := dict -}}
{{- range $name, $row := fromYaml (include "crosspoint.table" .) -}}
{{- $values := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (index $.Values $row.key)) -}}
{{- if $values.enabled -}}
{{- $single := and $row.single (ne $values.persistence.accessMode "ReadWriteMany") | default false -}}
{{- $_ := set $rows $name (mergeOverwrite $row (dict "name" $name "values" $values "single" $single)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $rows -}}
{{- end }}

{{/* The same for what runs as a Deployment: the services, and the edge when there is one. */}}
{{- define "crosspoint.components" -}}
{{- $rows := fromYaml (include "crosspoint.services" .) -}}
{{- if .Values.edge.enabled -}}
{{- $values := mergeOverwrite (deepCopy .Values.defaults) (deepCopy .Values.edge) -}}
{{- $_ := set $rows "edge" (dict "name" "edge" "values" $values) -}}
{{- end -}}
{{- toYaml $rows -}}
{{- end }}
