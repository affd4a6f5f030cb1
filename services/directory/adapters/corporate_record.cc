#include "directory/adapters/corporate_record.h"

#include <nlohmann/json.hpp>

#include "directory/adapters/user_record.h"

namespace crosspoint::directory {

std::string EncodeEntry(const CorporateEntry& entry) {
  nlohmann::json record{{"name", entry.display_name}, {"emails", entry.emails}};
  for (const auto& phone : entry.phones) {
    record["phones"].push_back({{"kind", PhoneKindWord(phone.kind)}, {"number", phone.number}});
  }
  const auto put = [&record](const char* key, const std::string& value) {
    if (!value.empty()) record[key] = value;
  };
  put("department", entry.department);
  put("title", entry.title);
  put("company", entry.company);
  put("office", entry.office);
  // What a foreign server sends need not be UTF-8.
  return record.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<CorporateEntry> DecodeEntry(const std::string& record) {
  const auto json = nlohmann::json::parse(record, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("an entry's record is not a JSON object");
  try {
    CorporateEntry entry{.display_name = json.value("name", ""),
                         .emails = json.value("emails", std::vector<std::string>()),
                         .department = json.value("department", ""),
                         .title = json.value("title", ""),
                         .company = json.value("company", ""),
                         .office = json.value("office", "")};
    for (const auto& phone : json.value("phones", nlohmann::json::array())) {
      entry.phones.push_back({PhoneKindOf(phone.value("kind", "")), phone.value("number", "")});
    }
    return entry;
  } catch (const nlohmann::json::exception& error) {
    return absl::DataLossError(std::string("an entry's record: ") + error.what());
  }
}

}  // namespace crosspoint::directory
