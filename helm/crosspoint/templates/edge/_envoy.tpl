{{/* The edge's whole configuration. Its parts stand below in the order in which a call passes them. */}}
{{- define "crosspoint.envoy" -}}
node: {id: edge, cluster: {{ include "crosspoint.fullname" . }}}
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 9901}}
overload_manager:
  resource_monitors:
    - name: envoy.resource_monitors.global_downstream_max_connections
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
        max_active_downstream_connections: {{ .Values.edge.maxConnections }}
static_resources:
  listeners:
    {{- include "crosspoint.envoyClients" . | nindent 4 }}
    {{- include "crosspoint.envoyStatus" . | nindent 4 }}
    {{- include "crosspoint.envoyDrain" . | nindent 4 }}
  clusters:
    {{- include "crosspoint.envoyGateway" . | nindent 4 }}
    {{- include "crosspoint.envoyIssuer" . | nindent 4 }}
    # Envoy itself, for its status and its end.
    - name: admin
      type: STATIC
      load_assignment:
        cluster_name: admin
        endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9901}}}}]}]
{{- end }}

{{- define "crosspoint.envoyClients" -}}
{{- $edge := (fromYaml (include "crosspoint.components" .)).edge.values -}}
- name: clients
  address: {socket_address: {address: 0.0.0.0, port_value: 8443}}
  per_connection_buffer_limit_bytes: 1048576
  listener_filters:
    - name: envoy.filters.listener.tls_inspector
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
  filter_chains:
    - transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            alpn_protocols: [h2, http/1.1]
            tls_params: {tls_minimum_protocol_version: {{ $edge.tls.minimumVersion }}}
            # Read again when the Secret changes, without a restart.
            tls_certificate_sds_secret_configs:
              - name: edge
                sds_config:
                  path_config_source:
                    path: /etc/envoy/certificate.yaml
                    watched_directory: {path: /run/secrets/crosspoint/edge}
      transport_socket_connect_timeout: 10s
      filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: clients
            codec_type: AUTO
            use_remote_address: true
            xff_num_trusted_hops: {{ $edge.trustedHops }}
            normalize_path: true
            merge_slashes: true
            path_with_escaped_slashes_action: REJECT_REQUEST
            server_header_transformation: PASS_THROUGH
            request_headers_timeout: 10s
            # Watches may be silent for long; pings find out who is gone.
            stream_idle_timeout: 0s
            drain_timeout: {{ $edge.drain.timeoutSeconds }}s
            common_http_protocol_options:
              headers_with_underscores_action: REJECT_REQUEST
              idle_timeout: 900s
              # Connections move on now and then, so that load spreads over edges that came later.
              max_connection_duration: {{ $edge.maxConnectionAge }}
            http2_protocol_options:
              max_concurrent_streams: {{ $edge.maxStreamsPerConnection }}
              initial_stream_window_size: 65536
              initial_connection_window_size: 1048576
              connection_keepalive: {interval: 30s, timeout: 10s}
            access_log:
              - name: envoy.access_loggers.stdout
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
                  log_format:
                    json_format:
                      event: edge_call
                      time: "%START_TIME%"
                      path: "%REQ(:PATH)%"
                      http_code: "%RESPONSE_CODE%"
                      grpc_status: "%GRPC_STATUS%"
                      details: "%RESPONSE_CODE_DETAILS%"
                      took_ms: "%DURATION%"
                      client: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
                      request_id: "%REQ(X-REQUEST-ID)%"
            route_config:
              name: gateway
              # The gateway takes this one address for a guest's; what clients say of themselves does not get there.
              request_headers_to_add:
                - header: {key: x-forwarded-for, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
                  append_action: OVERWRITE_IF_EXISTS_OR_ADD
              virtual_hosts:
                - name: gateway
                  domains: ["*"]
                  {{- if $edge.cors.allowedOrigins }}
                  typed_per_filter_config:
                    envoy.filters.http.cors:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                      allow_origin_string_match:
                        {{- range $edge.cors.allowedOrigins }}
                        - {exact: {{ . | quote }}}
                        {{- end }}
                      allow_methods: "POST, OPTIONS"
                      allow_headers: "authorization, content-type, grpc-timeout, x-grpc-web, x-user-agent, x-request-id, crosspoint-session, crosspoint-service"
                      expose_headers: "grpc-status, grpc-message, grpc-status-details-bin, x-request-id"
                      max_age: "86400"
                  {{- end }}
                  routes:
                    {{- range ternary (list "/crosspoint." "/grpc.reflection.") (list "/crosspoint.") $edge.reflection }}
                    - match: {prefix: {{ . | quote }}}
                      route:
                        cluster: gateway
                        # The caller's own deadline counts, and a watch has none.
                        timeout: 0s
                        max_stream_duration: {grpc_timeout_header_max: 0s}
                        retry_policy:
                          # Only where the call cannot have begun.
                          retry_on: connect-failure,refused-stream
                          num_retries: 3
                          retry_host_predicate:
                            - name: envoy.retry_host_predicates.previous_hosts
                              typed_config: {"@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate}
                          host_selection_retry_max_attempts: 3
                    {{- end }}
            http_filters:
              {{- include "crosspoint.envoyFilters" . | nindent 14 }}
{{- end }}

{{- define "crosspoint.envoyFilters" -}}
{{- $edge := (fromYaml (include "crosspoint.components" .)).edge.values -}}
- name: envoy.filters.http.cors
  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}
- name: envoy.filters.http.grpc_web
  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb}
{{- if $edge.rateLimit.enabled }}
- name: envoy.filters.http.local_ratelimit
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
    stat_prefix: edge
    filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED}}
    filter_enforced: {default_value: {numerator: 100, denominator: HUNDRED}}
    rate_limited_as_resource_exhausted: true
    # All calls of this replica, then those of one address.
    token_bucket: {max_tokens: {{ $edge.rateLimit.burst }}, tokens_per_fill: {{ $edge.rateLimit.callsPerSecond }}, fill_interval: 1s}
    max_dynamic_descriptors: 20000
    rate_limits:
      - actions: [{remote_address: {}}]
    descriptors:
      - entries: [{key: remote_address}]
        token_bucket: {max_tokens: {{ $edge.rateLimit.perAddress.burst }}, tokens_per_fill: {{ $edge.rateLimit.perAddress.callsPerSecond }}, fill_interval: 1s}
{{- end }}
{{- if $edge.jwt.enabled }}
- name: envoy.filters.http.jwt_authn
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
    bypass_cors_preflight: true
    providers:
      issuer:
        issuer: {{ .Values.auth.issuer | quote }}
        audiences: [{{ .Values.auth.audience | quote }}]
        # The gateway verifies it once more.
        forward: true
        clock_skew_seconds: 60
        {{- if .Values.auth.existingSecret }}
        local_jwks: {filename: /run/secrets/crosspoint/jwks/jwks.json}
        {{- else }}
        remote_jwks:
          http_uri: {uri: {{ .Values.auth.jwksUrl | quote }}, cluster: issuer, timeout: 5s}
          cache_duration: 300s
          async_fetch: {fast_listener: true}
        {{- end }}
    rules:
      # Joining by code is open to people without an account; a token that is shown must be good all the same.
      - match: {path: /crosspoint.meeting_sync.v1.MeetingService/JoinMeeting}
        requires:
          requires_any:
            requirements: [{provider_name: issuer}, {allow_missing: {}}]
      - match: {prefix: /}
        requires: {provider_name: issuer}
{{- end }}
- name: envoy.filters.http.router
  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
{{- end }}

{{- define "crosspoint.envoyStatus" -}}
# What probes and Prometheus may ask.
- name: status
  ignore_global_conn_limit: true
  address: {socket_address: {address: 0.0.0.0, port_value: 9902}}
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: status
            route_config:
              virtual_hosts:
                - name: status
                  domains: ["*"]
                  routes:
                    - match: {path: /ready}
                      route: {cluster: admin}
                    - match: {path: /metrics}
                      route: {cluster: admin, prefix_rewrite: /stats/prometheus}
            http_filters:
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
{{- end }}

{{- define "crosspoint.envoyDrain" -}}
{{- $edge := (fromYaml (include "crosspoint.components" .)).edge.values -}}
# Kubelet calls it before the end: connections are told to go elsewhere, and the answer comes when they had the time to.
# A port of its own, which no network policy opens.
- name: drain
  ignore_global_conn_limit: true
  address: {socket_address: {address: 0.0.0.0, port_value: 9903}}
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: drain
            route_config:
              virtual_hosts:
                - name: drain
                  domains: ["*"]
                  routes:
                    - match: {path: /drain}
                      direct_response: {status: 200}
            http_filters:
              - name: envoy.filters.http.lua
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
                  default_source_code:
                    inline_string: |
                      function envoy_on_request(request)
                        request:httpCall("admin", {[":method"] = "POST", [":path"] = "/healthcheck/fail", [":authority"] = "admin"}, "", 1000)
                      end
              - name: envoy.filters.http.fault
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
                  delay: {fixed_delay: {{ add $edge.drain.delaySeconds $edge.drain.timeoutSeconds }}s, percentage: {numerator: 100, denominator: HUNDRED}}
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
{{- end }}

{{- define "crosspoint.envoyGateway" -}}
- name: gateway
  # Every replica by its own address.
  type: STRICT_DNS
  connect_timeout: 3s
  lb_policy: ROUND_ROBIN
  ignore_health_on_host_removal: true
  circuit_breakers:
    thresholds:
      - {max_connections: 1024, max_pending_requests: 1024, max_requests: 100000, max_retries: 64}
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config:
        http2_protocol_options:
          connection_keepalive: {interval: 20s, timeout: 5s}
  # Health comes from the plain port, as for kubelet: a replica that is about to end gets no new calls.
  health_checks:
    - timeout: 1s
      interval: 1s
      unhealthy_threshold: 1
      healthy_threshold: 1
      no_traffic_interval: 1s
      grpc_health_check: {}
      transport_socket_match_criteria: {plain: true}
  transport_socket_matches:
    - name: health
      match: {plain: true}
      transport_socket:
        name: envoy.transport_sockets.raw_buffer
        typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}
    - name: calls
      match: {}
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: gateway
          common_tls_context:
            alpn_protocols: [h2]
            combined_validation_context:
              default_validation_context:
                match_typed_subject_alt_names:
                  - {san_type: DNS, matcher: {exact: gateway}}
              validation_context_sds_secret_config:
                name: authority
                sds_config:
                  path_config_source:
                    path: /etc/envoy/authority.yaml
                    watched_directory: {path: /run/secrets/crosspoint/authority}
  load_assignment:
    cluster_name: gateway
    endpoints:
      - lb_endpoints:
          - endpoint:
              address: {socket_address: {address: {{ include "crosspoint.host" (list . "gateway") }}, port_value: 9090}}
              health_check_config: {port_value: 9091}
{{- end }}

{{- define "crosspoint.envoyIssuer" -}}
{{- if and .Values.edge.jwt.enabled .Values.auth.jwksUrl -}}
{{- $url := urlParse .Values.auth.jwksUrl -}}
{{- $secure := eq $url.scheme "https" -}}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" $secure) -}}
- name: issuer
  type: LOGICAL_DNS
  connect_timeout: 5s
  {{- if $secure }}
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
      sni: {{ $host }}
      common_tls_context:
        validation_context:
          match_typed_subject_alt_names:
            - {san_type: DNS, matcher: {exact: {{ $host }}}}
          trusted_ca: {filename: {{ .Values.edge.trustedAuthorities }}}
  {{- end }}
  load_assignment:
    cluster_name: issuer
    endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: {{ $host }}, port_value: {{ $port }}}}}}]}]
{{- end -}}
{{- end }}
