#include "ctl/client/settings.h"

#include <algorithm>

#include "common/config/duration.h"
#include "common/status/status.h"
#include "ctl/client/failure.h"

namespace crosspoint::ctl {
namespace {

using std::chrono::milliseconds;

constexpr char kPrefix[] = "CROSSPOINT_";
constexpr char kConfigVariable[] = "CROSSPOINT_CTL_CONFIG";
constexpr milliseconds kLongestTimeout = std::chrono::hours(1);

std::string Variable(const config::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::filesystem::path ConfigFile(const SettingFlags& flags, const config::Environment& environment) {
  if (flags.config_file) return *flags.config_file;
  if (const auto file = Variable(environment, kConfigVariable); !file.empty()) return file;
  const auto config_home = Variable(environment, "XDG_CONFIG_HOME");
  const auto home = Variable(environment, "HOME");
  if (config_home.empty() && home.empty()) return {};
  const auto file =
      (config_home.empty() ? std::filesystem::path(home) / ".config" : std::filesystem::path(config_home)) /
      "crosspoint" / "ctl.yaml";
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? file : std::filesystem::path();
}

void Bind(config::Binder& binder, Settings& settings) {
  binder.Field("server", settings.server)
      .File("ca_file", settings.ca_file)
      .File("certificate_file", settings.certificate_file)
      .SecretFile("key_file", settings.key_file)
      .Field("server_name", settings.server_name)
      .Field("plaintext", settings.plaintext)
      .SecretFile("token_file", settings.token_file)
      .Field("tenant", settings.tenant)
      .Field("user", settings.user)
      .Field("timeout", settings.timeout, {milliseconds(1), kLongestTimeout});
}

// Other programs of the family read CROSSPOINT_* variables too; here only those with the names of keys.
config::Environment OwnVariables(const config::Binder& binder, const config::Environment& environment) {
  config::Environment own;
  for (auto key : binder.keys()) {
    for (auto& c : key) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto found = environment.find(kPrefix + key);
    if (found != environment.end()) own.insert(*found);
  }
  return own;
}

template <class Target>
void Override(const std::optional<std::string>& flag, Target& target) {
  if (flag) target = *flag;
}

// "acme" and "tenants/acme" alike.
void ToId(std::string& name, std::string_view prefix) {
  if (name.rfind(prefix, 0) == 0) name.erase(0, prefix.size());
}

}  // namespace

absl::StatusOr<Settings> LoadSettings(const SettingFlags& flags, const config::Environment& environment) {
  Settings settings;
  config::Binder binder;
  Bind(binder, settings);
  const auto loaded = binder.Load(ConfigFile(flags, environment), kPrefix, OwnVariables(binder, environment));
  if (!loaded.ok()) return UsageError(MessageOf(loaded));
  Override(flags.server, settings.server);
  Override(flags.ca_file, settings.ca_file);
  Override(flags.certificate_file, settings.certificate_file);
  Override(flags.key_file, settings.key_file);
  Override(flags.server_name, settings.server_name);
  Override(flags.token_file, settings.token_file);
  Override(flags.tenant, settings.tenant);
  Override(flags.user, settings.user);
  settings.plaintext = settings.plaintext || flags.plaintext;
  if (flags.timeout) {
    const auto timeout = config::ParseDuration(*flags.timeout);
    if (!timeout.ok() || *timeout < milliseconds(1) || *timeout > kLongestTimeout) {
      return UsageError("--timeout: 1ms to 1h, as in 30s");
    }
    settings.timeout = std::chrono::duration_cast<milliseconds>(*timeout);
  }
  ToId(settings.tenant, "tenants/");
  if (settings.server.empty()) {
    return UsageError(
        "no server: give --server HOST:PORT, CROSSPOINT_SERVER, or server in ~/.config/crosspoint/ctl.yaml");
  }
  if (settings.plaintext && !settings.ca_file.empty()) {
    return UsageError("--plaintext and a CA file exclude each other");
  }
  return settings;
}

}  // namespace crosspoint::ctl
