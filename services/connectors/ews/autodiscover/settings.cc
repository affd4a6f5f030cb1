#include "connectors/ews/autodiscover/settings.h"

#include "common/config/binder.h"
#include "common/http/text.h"

namespace crosspoint::ews {

void BindConfig(config::Binder& binder, AutodiscoverOptions& settings) {
  using std::chrono::hours;
  using std::chrono::seconds;
  binder.Field("at", settings.at)
      .Field("fresh_for", settings.fresh_for, {seconds(1), hours(24 * 7)})
      .Field("retry_after", settings.retry_after, {seconds(1), hours(1)})
      .Check("at", [&settings]() -> std::string {
        if (settings.url().empty() || http::ParseUrl(settings.at).ok()) return "";
        return "'domain', or the https address of an Autodiscover service";
      });
}

}  // namespace crosspoint::ews
