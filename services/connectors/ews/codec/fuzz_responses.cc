// libFuzzer target: every reader on arbitrary text. What must hold: no crash, no leak, no hang.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/ews/codec/read_contact.h"
#include "connectors/ews/codec/read_message.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/series.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::ews;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  (void)ReadResolveNames(xml);
  (void)ReadGetFolder(xml);
  (void)ReadFindItem(xml);
  if (const auto items = ReadGetItem(xml); items.ok()) {
    for (const auto& item : *items) {
      if (item.ok()) (void)ExpandSeries(*item, item->start, item->start + std::chrono::hours(24 * 60));
    }
  }
  (void)ReadCreateItem(xml);
  (void)ReadDeleteItem(xml);
  (void)ReadSyncFolderItems(xml);
  (void)ReadSubscribe(xml);
  (void)ReadGetStreamingEvents(xml);
  (void)ReadGetUserPhoto(xml);
  (void)ReadFindContacts(xml, 0);
  (void)ReadGetContacts(xml);
  (void)ReadSyncContacts(xml);
  (void)ReadFindMessages(xml, 0);
  (void)ReadGetMessages(xml);
  (void)ReadSyncMessages(xml);
  (void)ReadSendItem(xml);
  (void)ReadDeleteItems(xml);
  (void)ReadMoveItems(xml);
  (void)ReadCreateAttachment(xml);
  (void)ReadGetAttachment(std::string(xml));
  (void)ReadDeleteAttachment(xml);
  (void)ReadFault(xml);
  (void)ReadFindFolder(xml);
  (void)ReadSyncFolderHierarchy(xml);
  (void)ReadConvertId(xml);
  (void)ReadFindPeople(xml);
  (void)ReadExpandDl(xml);
  (void)ReadGetEvents(xml);
  (void)ReadGetUserOofSettings(xml);
  if (const auto batch = ReadGetUserAvailability(xml); batch.ok()) {
    for (const auto& one : *batch) {
      if (one.ok() && one->working_hours) (void)ToZone(one->working_hours->zone, {});
    }
  }
  if (const auto zones = ReadGetServerTimeZones(xml); zones.ok()) {
    for (const auto& zone : *zones) (void)ToZone(RuleOf(zone, {}), {});
  }
  return 0;
}
