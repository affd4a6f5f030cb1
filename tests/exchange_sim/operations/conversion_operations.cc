#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/zone_rules.h"
#include "fmt/format.h"

// Ids and time zones in other words.
namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kXsi = "http://www.w3.org/2001/XMLSchema-instance";
// What stands in front of the bytes of an entry id in the other formats.
constexpr std::string_view kStoreHead{"\x02\x01", 2};
constexpr std::string_view kLegacyHead{"\x01\x04", 2};

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> FromHex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  const std::string lower = Lower(text);
  for (size_t i = 0; i < lower.size(); i += 2) {
    const size_t high = kDigits.find(lower[i]);
    const size_t low = kDigits.find(lower[i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string Swapped(std::string text, std::string_view from, std::string_view to) {
  for (char& c : text) {
    const size_t at = from.find(c);
    if (at != from.npos) c = to[at];
  }
  return text;
}

// `text` without `head`, decoded.
std::optional<std::string> WithoutHead(std::string_view head, std::string_view text) {
  auto bytes = FromBase64(text);
  if (!bytes || !bytes->starts_with(head)) return std::nullopt;
  return bytes->substr(head.size());
}

// The bytes of an EWS id, out of any format.
std::optional<std::string> Bytes(std::string_view format, const std::string& id) {
  if (format == "EwsId") return FromBase64(id);
  if (format == "OwaId") return FromBase64(Swapped(id, "-_", "/+"));
  if (format == "EntryId") return FromBase64(id);
  if (format == "HexEntryId") return FromHex(id);
  return WithoutHead(format == "StoreId" ? kStoreHead : kLegacyHead, id);
}

std::string Formatted(std::string_view format, const std::string& bytes) {
  if (format == "OwaId") return Swapped(Base64(bytes), "/+", "-_");
  if (format == "HexEntryId") return Hex(bytes);
  if (format == "StoreId") return Base64(std::string(kStoreHead) + bytes);
  if (format == "EwsLegacyId") return Base64(std::string(kLegacyHead) + bytes);
  return Base64(bytes);
}

absl::StatusOr<std::string> Converted(Call& call, pugi::xml_node source, std::string_view format) {
  if (LocalName(source) != "AlternateId") {
    return EwsError("ErrorInvalidOperation", "Ids of public folders are not converted.");
  }
  const std::string address = source.attribute("Mailbox").value();
  if (call.store.FindPerson(address) == nullptr) {
    return EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
  }
  const auto bytes = Bytes(source.attribute("Format").value(), source.attribute("Id").value());
  if (!bytes || !ParseId(Base64(*bytes))) return EwsError("ErrorInvalidIdMalformed", "Id is malformed.");
  XmlWriter out;
  out.Open("m:AlternateId").Attribute("xmlns:xsi", kXsi).Attribute("xsi:type", "t:AlternateIdType");
  out.Attribute("Format", format).Attribute("Id", Formatted(format, *bytes)).Attribute("Mailbox", address).Close();
  return out.Take();
}

}  // namespace

Answer ConvertId(Call& call) {
  const std::string_view format = call.request.attribute("DestinationFormat").value();
  Messages messages("ConvertId");
  for (const pugi::xml_node source : Elements(call.request.child("m:SourceIds"))) {
    messages.Add(Converted(call, source, format));
  }
  return messages.Take();
}

Answer GetServerTimeZones(Call& call) {
  const std::string_view full = call.request.attribute("ReturnFullTimeZoneData").value();
  std::vector<std::string> names;
  for (const pugi::xml_node id : Elements(call.request.child("m:Ids"))) names.push_back(Trim(id.text().get()));
  if (!call.request.child("m:Ids")) names = TimeZone::WindowsNames();
  XmlWriter out;
  out.Open("m:TimeZoneDefinitions");
  for (const std::string& name : names) {
    const TimeZonePtr zone = TimeZone::Find(name);
    // A name that the server does not know is left out.
    if (zone != nullptr) WriteZoneDefinition(out, *zone, YearOf(Now()), full != "false" && full != "0");
  }
  out.Close();
  Messages messages("GetServerTimeZones");
  messages.Add(out.Take());
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
