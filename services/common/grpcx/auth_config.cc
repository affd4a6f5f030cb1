#include "common/config/binder.h"
#include "common/grpcx/auth.h"

namespace crosspoint::grpcx {

void BindConfig(config::Binder& binder, AuthConfig& config) {
  using std::chrono::seconds;
  binder.Field("off", config.off)
      .Field("issuer", config.issuer)
      .Field("audience", config.audience)
      .Field("jwks_file", config.jwks_file)
      .Field("jwks_url", config.jwks_url)
      .Field("jwks_refresh", config.jwks_refresh, {seconds(10), seconds(86'400)})
      .Field("leeway", config.leeway, {seconds(0), seconds(60)})
      .Field("cache_ttl", config.cache_ttl, {seconds(0), seconds(60)})
      .Check("issuer",
             [&config] { return !config.off && config.issuer.empty() ? "must be the issuer of tokens (iss)" : ""; })
      .Check("audience", [&config] { return !config.off && config.audience.empty() ? "must not be empty" : ""; })
      .Check("jwks_file", [&config] {
        return !config.off && config.jwks_file.empty() == config.jwks_url.empty()
                   ? "exactly one of jwks_file and jwks_url must be set"
                   : "";
      });
}

}  // namespace crosspoint::grpcx
