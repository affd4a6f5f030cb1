// Reads objects of the Prometheus Operator as a JSON list and says what is wrong with each. Run where its package is.
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { readFileSync } from "node:fs";

const types = { PrometheusRule, ServiceMonitor };
for (const { apiVersion, kind, ...rest } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    new types[kind](rest).validate();
  } catch (error) {
    console.log(`${kind} ${rest.metadata.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
