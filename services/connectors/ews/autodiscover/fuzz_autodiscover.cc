// libFuzzer target: what Autodiscover answers, and the texts in it that lead somewhere. No crash, no leak, no hang.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/autodiscover/places.h"
#include "connectors/ews/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::ews;
  static const auto* const config =
      new EwsConfig{.url = "https://mail.corp.example/", .allowed_hosts = {"*.corp.example"}};
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)config->CheckUrl(text);
  (void)AbsoluteLocation("https://mail.corp.example/a", text);
  (void)DomainOf(text);
  const auto follow = [](const AutodiscoverAnswer& answer) {
    (void)config->CheckUrl(answer.target);
    (void)PlacesAtUrl(answer.target);
    (void)DomainOf(answer.target);
  };
  if (const auto answers = ReadGetUserSettings(text, 1, {}); answers.ok()) follow(answers->front());
  if (const auto answer = ReadAutodiscoverXml(text, {}); answer.ok()) follow(*answer);
  return 0;
}
