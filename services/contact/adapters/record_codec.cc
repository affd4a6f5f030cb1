#include "contact/adapters/record_codec.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

using nlohmann::json;

void Put(json& record, const char* key, const std::string& value) {
  if (!value.empty()) record[key] = value;
}

std::string Text(const json& record, const char* key) { return record.value(key, std::string()); }

// Takes the next word off `text`; false when it is no number.
template <class Number>
bool TakeNumber(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::string EncodeFacts(const Facts& facts) {
  json record = json::object();
  Put(record, "name", facts.display_name);
  Put(record, "given", facts.given_name);
  Put(record, "family", facts.family_name);
  Put(record, "company", facts.company);
  Put(record, "title", facts.job_title);
  if (!facts.emails.empty()) record["emails"] = facts.emails;
  for (const auto& phone : facts.phones) {
    json one{{"number", phone.number}};
    Put(one, "label", phone.label);
    Put(one, "e164", phone.e164);
    Put(one, "ext", phone.extension);
    record["phones"].push_back(std::move(one));
  }
  for (const auto& address : facts.addresses) {
    json one = json::object();
    Put(one, "label", address.label);
    Put(one, "street", address.street);
    Put(one, "city", address.city);
    Put(one, "region", address.region);
    Put(one, "code", address.postal_code);
    Put(one, "country", address.country);
    record["addresses"].push_back(std::move(one));
  }
  return record.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<Facts> DecodeFacts(const std::string& text) {
  const auto record = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return absl::DataLossError("a contact's record is not a JSON object");
  try {
    Facts facts{.display_name = Text(record, "name"),
                .given_name = Text(record, "given"),
                .family_name = Text(record, "family"),
                .company = Text(record, "company"),
                .job_title = Text(record, "title"),
                .emails = record.value("emails", std::vector<std::string>()),
                .phones = {},
                .addresses = {}};
    const auto phones = record.value("phones", json::array());
    for (const auto& one : phones) {
      facts.phones.push_back({Text(one, "label"), Text(one, "number"), Text(one, "e164"), Text(one, "ext")});
    }
    const auto addresses = record.value("addresses", json::array());
    for (const auto& one : addresses) {
      facts.addresses.push_back({Text(one, "label"), Text(one, "street"), Text(one, "city"), Text(one, "region"),
                                 Text(one, "code"), Text(one, "country")});
    }
    return facts;
  } catch (const json::exception& error) {
    return absl::DataLossError(std::string("a contact's record: ") + error.what());
  }
}

absl::Status DecodeStamp(const std::string& stamp, Contact& contact) {
  std::string_view rest = stamp;
  const bool numbers = TakeNumber(rest, contact.revision) && TakeNumber(rest, contact.edition) &&
                       TakeNumber(rest, contact.create_time_us) && TakeNumber(rest, contact.update_time_us);
  const auto blank = rest.find(' ');
  const auto source = ParseSource(rest.substr(0, blank));
  if (!numbers || blank == std::string_view::npos || !source) return absl::DataLossError("a contact's stamp: " + stamp);
  contact.source = *source;
  contact.source_id = rest.substr(blank + 1);
  return absl::OkStatus();
}

std::string EncodeLink(const Link& link) {
  return json{{"item", link.item}, {"key", link.change_key}, {"base", EncodeFacts(link.base)}}.dump();
}

absl::StatusOr<Link> DecodeLink(const std::string& text) {
  const auto record = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return absl::DataLossError("a link's record is not a JSON object");
  try {
    Link link{.item = Text(record, "item"), .change_key = Text(record, "key"), .base = {}};
    CROSSPOINT_ASSIGN_OR_RETURN(link.base, DecodeFacts(Text(record, "base")));
    return link;
  } catch (const json::exception& error) {
    return absl::DataLossError(std::string("a link's record: ") + error.what());
  }
}

std::string EncodeRefusals(const std::vector<Refusal>& refusals) {
  json record = json::array();
  for (const auto& refusal : refusals) {
    record.push_back({refusal.index, refusal.source_id, refusal.field, refusal.message});
  }
  return record.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<Refusal> DecodeRefusals(const std::string& text) {
  std::vector<Refusal> refusals;
  const auto record = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_array()) return refusals;
  for (const auto& one : record) {
    if (!one.is_array() || one.size() != 4 || !one[0].is_number_integer()) continue;
    refusals.push_back(
        {one[0].get<int64_t>(), one[1].get<std::string>(), one[2].get<std::string>(), one[3].get<std::string>()});
  }
  return refusals;
}

}  // namespace crosspoint::contact
