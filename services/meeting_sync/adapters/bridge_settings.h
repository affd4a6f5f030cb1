#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::meeting_sync {

// Whose bridge a tenant's conferences are on.
enum class BridgeMode { kNone, kOnSite, kHosted };

// The bridge of one tenant; key prefix "tenants.T.bridge".
struct BridgeSettings {
  BridgeMode mode = BridgeMode::kNone;
  std::string on_site_url;                   // "https://bridge.acme.example/join/{code}"; without {code} it is appended
  std::string hosted_url;                    // likewise, of the hosted bridge
  std::vector<std::string> dial_in_numbers;  // E.164
  size_t code_digits = 9;                    // of participant and host codes
  size_t password_digits = 6;                // 0: conferences have no password

  // The address of the bridge that `mode` says; empty when it has none.
  const std::string& url() const;
};

void BindConfig(config::Binder& binder, BridgeSettings& settings);

}  // namespace crosspoint::meeting_sync
