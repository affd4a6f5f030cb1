// What the services export is what is listed in tests/observability/metrics; dashboards and alerts are held to those
// lists by tests/observability/check.py. CROSSPOINT_UPDATE_GOLDEN=1 rewrites them.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

struct Metric {
  std::string type;
  std::string help;
  std::set<std::string> labels;
};

// The names of the labels of a line `name{one="x",two="y"} 1`, but for a histogram's own.
std::set<std::string> LabelsOf(const std::string& line) {
  std::set<std::string> labels;
  for (size_t at = line.find("=\""); at != std::string::npos; at = line.find("=\"", at + 2)) {
    const auto begin = line.find_last_of("{,", at) + 1;
    labels.insert(line.substr(begin, at - begin));
  }
  labels.erase("le");
  return labels;
}

std::map<std::string, Metric> Parse(const std::string& exposition) {
  std::map<std::string, Metric> metrics;
  std::string name;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    const bool help = line.starts_with("# HELP ");
    if (help || line.starts_with("# TYPE ")) {
      const auto end = line.find(' ', 7);
      name = line.substr(7, end - 7);
      (help ? metrics[name].help : metrics[name].type) = line.substr(end + 1);
    } else if (!line.empty()) {
      metrics[name].labels.merge(LabelsOf(line));
    }
  }
  return metrics;
}

// One line each: "counter crosspoint_contact_lookups_total{result} Numbers looked up".
std::string Listed(const std::map<std::string, Metric>& metrics) {
  std::string text;
  for (const auto& [name, metric] : metrics) {
    std::string labels;
    for (const auto& label : metric.labels) labels += (labels.empty() ? "{" : ",") + label;
    text += metric.type + " " + name + labels + (labels.empty() ? " " : "} ") + metric.help + "\n";
  }
  return text;
}

TEST(H10, ServicesExportTheMetricsThatAreListed) {
  auto& stack = TheStack();
  const std::pair<const char*, testing::ServiceProcess*> services[] = {
      {"contact", &stack.contact()},           {"directory", &stack.directory()}, {"gateway", &stack.gateway()},
      {"meeting-sync", &stack.meeting_sync()}, {"presence", &stack.presence()},   {"voicemail", &stack.voicemail()}};
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  const auto folder = std::filesystem::path(source != nullptr ? source : ".") / "tests/observability/metrics";
  for (const auto& [name, process] : services) {
    const auto text = Listed(Parse(process->Get("/metrics").second));
    EXPECT_THAT(text, ::testing::HasSubstr("crosspoint_redis_connected"));
    const auto golden = folder / (std::string(name) + ".txt");
    if (std::getenv("CROSSPOINT_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
    std::ifstream expected(golden);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(expected), {})) << name;
  }
}

}  // namespace
}  // namespace crosspoint::e2e
